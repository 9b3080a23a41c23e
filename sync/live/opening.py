"""Opening a session: decided in a reading thread; what must be written for it runs where it delays no reader."""

from opencode.lib.asgi.threads import in_thread
from sync.live.access import SessionAccess, SessionRequest, access_decide
from sync.live.runtime import get_runtime


async def session_access(request: SessionRequest) -> SessionAccess:
    """The access the request's credentials give; creates the session or uses up the ticket where that is needed.

    Raises CredentialsMissing, CredentialsInvalid, ScopeMissing, OriginForbidden, NotFound.
    """
    decided = await get_runtime().read(access_decide, request)
    return decided if isinstance(decided, SessionAccess) else await in_thread(decided)

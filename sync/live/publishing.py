"""Publishing to a session: the one way in, for sockets, the agents' routes and commands."""

import time
from collections.abc import Sequence

from sync.archive import session_warm
from sync.errors import SessionCold
from sync.live.runtime import get_runtime
from sync.protocol.updates import Receipt, Resolver, Update
from sync.writer import LOCKED_SECONDS, Publish, commit_publishes

LOCKED_RETRY_SECONDS = 0.02


async def session_publish(
    *,
    session_id: int,
    updates: Sequence[Update] = (),
    operation_id: str | None = None,
    keys: Sequence[str] = (),
    resolve: Resolver | None = None,
    size: int = 0,
) -> Receipt:
    """Commit durably, all or nothing, then return; live readers get the updates by themselves.

    With `resolve`, what stands is decided under the session's lock from what is stored for `keys`; give the batch's
    `size` in bytes then. A cold session is brought back first. Raises SessionGone, SessionFull, EntryTooLarge,
    SessionCold, WriterBusy, ServiceUnavailable.
    """
    publish = Publish(session_id, updates, operation_id, keys, resolve, size)
    return await get_runtime().submit(publish)


def session_publish_sync(
    *,
    session_id: int,
    updates: Sequence[Update] = (),
    operation_id: str | None = None,
    keys: Sequence[str] = (),
    resolve: Resolver | None = None,
) -> Receipt:
    """The same for commands and tasks, committed in this thread; readers elsewhere catch up within a heartbeat.

    What keeps a cold session away is raised as it is: SnapshotDamaged, or what the storage raises.
    """
    publish = Publish(session_id, updates, operation_id, keys, resolve)
    deadline = time.monotonic() + LOCKED_SECONDS
    while time.monotonic() < deadline:
        commit_publishes([publish])
        if isinstance(publish.outcome, Receipt):
            return publish.outcome
        if isinstance(publish.outcome, SessionCold):
            session_warm(session_id=session_id)
            continue
        if publish.outcome is not None:
            raise publish.outcome
        time.sleep(LOCKED_RETRY_SECONDS)
    raise TimeoutError(f"session {session_id} stayed locked")

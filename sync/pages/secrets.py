"""What a session's page says of the secrets in it: how many links hide, and which keys of our own to revoke."""

from typing import Any, Final

from django.http import HttpRequest

from sync.pages.reading import ReadableSession
from sync.sharing import session_secrets

COUNT_SECONDS: Final = 0.03
"""What a page spends on counting what was not counted before; with `?secrets` it spends LONG_COUNT_SECONDS."""
LONG_COUNT_SECONDS: Final = 2.0


def secrets_context(request: HttpRequest, reading: ReadableSession) -> dict[str, Any]:
    """For `sync/parts/secrets.html`; only for members."""
    access = reading.access
    assert access is not None
    is_asked = "secrets" in request.GET
    found = session_secrets(reading.session, seconds=LONG_COUNT_SECONDS if is_asked else COUNT_SECONDS)
    sees_all = access.can("key.manage_all")
    return {
        "secrets": found,
        "secrets_open": is_asked,
        "own_keys": [(key, sees_all or key.user_id == access.user.pk) for key in found.keys],
        "may_revoke_tokens": access.can("token.manage"),
    }

"""Which session a request writes to, and whether it may: by the share's id, its secret, the workspace's token."""

import re
import time
from dataclasses import replace
from functools import partial
from typing import Generic, TypeVar

from opencode.lib.asgi.exchange import Exchange
from opencode.lib.asgi.threads import in_thread
from opencode.lib.errors import CredentialsInvalid, CredentialsMissing, NotFound
from sync.agents.paths import Route
from sync.agents.patience import patiently
from sync.sharing import ShareTarget, is_share_secret_valid, read_share_secret, share_target
from workspaces.access import TokenAccess, share_token_access

# An agent syncs once a second, and a share that ended must be refused within a heartbeat (4 s): for two seconds the
# last answer may stand. Safe for writes too, as the writer itself refuses a session that is gone.
REMEMBERED_SECONDS = 2.0
REMEMBERED_COUNT = 10_000
SMALL_BODY_BYTES = 64 * 1024
"""For what names a session or a share and carries nothing else."""
# All agents send it before what is large.
_SECRET = re.compile(rb'"secret"\s*:\s*"([A-Za-z0-9_.-]{1,200})"')
V = TypeVar("V")


class _Recent(Generic[V]):
    """What was found moments ago; what was not found is asked for each time."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[V, float]] = {}

    def get(self, name: str) -> V | None:
        value, until = self._found.get(name, (None, 0.0))
        return value if until > time.monotonic() else None

    def put(self, name: str, value: V) -> None:
        if len(self._found) >= REMEMBERED_COUNT:
            self._found.clear()
        self._found[name] = (value, time.monotonic() + REMEMBERED_SECONDS)

    def forget(self, name: str) -> None:
        self._found.pop(name, None)


_targets: _Recent[ShareTarget] = _Recent()
_tokens: _Recent[TokenAccess] = _Recent()


def forget_target(share_id: str) -> None:
    _targets.forget(share_id)


async def workspace_of(route: Route, ip: str) -> str | None:
    """The workspace of the address's token, None without one; raises NotFound as `token_of` does."""
    token = await token_of(route, ip)
    return None if token is None else token.workspace_id


async def known_workspace(exchange: Exchange, route: Route) -> str | None:
    """`workspace_of`, before the body is read: whoever shows a workspace's token is no stranger."""
    workspace_id = await workspace_of(route, exchange.client_address)
    if workspace_id is not None:
        exchange.trust()
    return workspace_id


async def token_of(route: Route, ip: str) -> TokenAccess | None:
    """What the address's token opens, None without one; a token that opens nothing raises NotFound."""
    if not route.token:
        return None
    known = _tokens.get(route.token)
    if known is None:
        try:
            known = await patiently(partial(in_thread, share_token_access, route.token, ip=ip or None))
        except CredentialsInvalid:
            raise NotFound("No workspace has this address: its token is wrong, expired or revoked.") from None
        _tokens.put(route.token, known)
    return replace(known, ip=ip or None)


async def live_target(share_id: str) -> ShareTarget | None:
    target = _targets.get(share_id)
    if target is None:
        target = await patiently(partial(in_thread, share_target, share_id))
        if target is not None:
            _targets.put(share_id, target)
    return target


async def readable_target(share_id: str, workspace_id: str | None) -> ShareTarget:
    """The live share; NotFound too when the address is another workspace's."""
    target = await live_target(share_id)
    if target is None or workspace_id not in (None, target.workspace_id):
        raise NotFound("There is no such share, or it has ended.")
    return target


async def writable_target(share_id: str, secret: str, workspace_id: str | None) -> ShareTarget:
    """The live share `secret` writes to; raises NotFound, CredentialsMissing, CredentialsInvalid."""
    target = await readable_target(share_id, workspace_id)
    require_secret(secret, share_id)
    require_writer(target)
    return target


def require_writer(target: ShareTarget) -> None:
    """The secret of a share that a signed-in agent made ends with that device, and with its person's membership."""
    if not target.has_writer:
        raise CredentialsInvalid("The device that made this share was signed out, or its person left the workspace.")


def require_secret(secret: str, share_id: str) -> None:
    """Raises CredentialsMissing, CredentialsInvalid."""
    if not secret:
        raise CredentialsMissing("The share's secret is missing.")
    if not opens(secret, share_id):
        raise CredentialsInvalid("This is not the share's secret.")


def opens(secret: str, share_id: str) -> bool:
    """Whether the secret is the share's; compared in constant time."""
    parsed = read_share_secret(secret)
    return parsed is not None and parsed.share_id == share_id and is_share_secret_valid(parsed)


def shows_secret(beginning: bytes, share_id: str = "") -> bool:
    """Whether a body begins with a secret that is right: the share's, or any share's."""
    found = _SECRET.search(beginning)
    parsed = read_share_secret(found[1].decode()) if found else None
    return parsed is not None and share_id in ("", parsed.share_id) and is_share_secret_valid(parsed)


def share_id_of(secret: str) -> str:
    """The share an older agent's secret writes to; raises CredentialsMissing, CredentialsInvalid."""
    if not secret:
        raise CredentialsMissing("The share's secret is missing.")
    parsed = read_share_secret(secret)
    if parsed is None or not is_share_secret_valid(parsed):
        raise CredentialsInvalid("This is no share's secret.")
    return parsed.share_id

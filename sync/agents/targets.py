"""Which session a request writes to, and whether it may: by the share's id, its secret, the workspace's token."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final, NamedTuple

from opencode.lib.asgi.exchange import Exchange
from opencode.lib.asgi.threads import in_thread
from opencode.lib.errors import CredentialsInvalid, CredentialsMissing, NotFound
from sync.agents.paths import Route
from sync.agents.patience import patiently
from sync.agents.remembered import ConfirmedRight, Remembered
from sync.sharing import ShareTarget, is_share_secret_valid, read_share_secret, share_target, share_targets
from workspaces.access import TokenAccess, share_token_access, share_tokens_standing

# A token's use is written once a minute, by whoever looks it up.
TOKEN_SECONDS: Final = 60.0
SMALL_BODY_BYTES: Final = 64 * 1024
"""For what names a session or a share and carries nothing else."""
# All agents send it before what is large.
_SECRET: Final = re.compile(rb'"secret"\s*:\s*"([A-Za-z0-9_.-]{1,200})"')


def _still_live(known: Mapping[str, ShareTarget]) -> Mapping[str, ShareTarget]:
    return share_targets(list(known))


_targets: Remembered[ShareTarget] = Remembered(_still_live)
_tokens: Remembered[TokenAccess] = Remembered(share_tokens_standing, TOKEN_SECONDS)


class WritingRights(NamedTuple):
    """Where a batch may go, and what says so; they may end while it waits."""

    target: ShareTarget
    rights: tuple[ConfirmedRight[Any], ...]

    @property
    def stand(self) -> bool:
        """From any thread: whether everything was confirmed within a heartbeat and nothing has ended."""
        return all(right.stands for right in self.rights)


def forget_target(share_id: str) -> None:
    _targets.end(share_id)


def forget_session(session_id: int) -> None:
    _targets.end_where(lambda _share_id, target: target.session_id == session_id)


def forget_all_targets() -> None:
    """After what ends rights of many: who may still write is asked anew."""
    _targets.end_all()
    _tokens.end_all()


async def known_workspace(exchange: Exchange, route: Route) -> str | None:
    """`workspace_of`, before the body is read: whoever shows a workspace's token is no stranger."""
    workspace_id = await workspace_of(route, exchange.client_address)
    if workspace_id is not None:
        exchange.trust()
    return workspace_id


async def token_of(route: Route, ip: str) -> TokenAccess | None:
    """What the address's token opens, None without one; a token that opens nothing raises NotFound."""
    known = await token_right(route, ip)
    return None if known is None else replace(known.value, ip=ip or None)


async def workspace_of(route: Route, ip: str) -> str | None:
    """The workspace of the address's token, None without one; raises NotFound as `token_of` does."""
    known = await token_right(route, ip)
    return None if known is None else known.value.workspace_id


async def token_right(route: Route, ip: str) -> ConfirmedRight[TokenAccess] | None:
    if not route.token:
        return None
    look_up = partial(patiently, partial(in_thread, share_token_access, route.token, ip=ip or None))
    try:
        return await _tokens.find(route.token, look_up)
    except CredentialsInvalid:
        raise NotFound("No workspace has this address: its token is wrong, expired or revoked.") from None


async def live_target(share_id: str) -> ShareTarget | None:
    known = await target_right(share_id)
    return None if known is None else known.value


async def target_right(share_id: str) -> ConfirmedRight[ShareTarget] | None:
    return await _targets.find(share_id, partial(patiently, partial(in_thread, share_target, share_id)))


async def readable_target(share_id: str, workspace_id: str | None) -> ShareTarget:
    """The live share; NotFound too when the address is another workspace's."""
    return _readable(await target_right(share_id), workspace_id).value


async def writing_rights(share_id: str, secret: str, token: ConfirmedRight[TokenAccess] | None) -> WritingRights:
    """What the share's secret gives; raises NotFound, CredentialsMissing, CredentialsInvalid."""
    known = _readable(await target_right(share_id), None if token is None else token.value.workspace_id)
    require_secret(secret, share_id)
    require_writer(known.value)
    return WritingRights(known.value, (known,) if token is None else (known, token))


def _readable(known: ConfirmedRight[ShareTarget] | None, workspace_id: str | None) -> ConfirmedRight[ShareTarget]:
    if known is None or workspace_id not in (None, known.value.workspace_id):
        raise NotFound("There is no such share, or it has ended.")
    return known


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

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
from sync.agents.rights import opens
from sync.sharing import ShareTarget, is_share_secret_valid, read_share_secret, share_target, share_targets
from workspaces.access import TokenAccess, share_token_access, share_tokens_standing

# A look-up also notes the token's use, which is written once a minute.
TOKEN_SECONDS: Final = 60.0
SMALL_BODY_BYTES: Final = 64 * 1024
"""The limit of bodies that only name a session or a share."""
# Looked for in the beginning of a body: all agents send it before the items.
_SECRET: Final = re.compile(rb'"secret"\s*:\s*"([A-Za-z0-9_.-]{1,200})"')


def _still_live(known: Mapping[str, ShareTarget]) -> Mapping[str, ShareTarget]:
    return share_targets(list(known))


_targets: Remembered[ShareTarget] = Remembered(_still_live)
_tokens: Remembered[TokenAccess] = Remembered(share_tokens_standing, TOKEN_SECONDS)


class WritingRights(NamedTuple):
    """Where a batch may go, and the rights that allow it; they may end while it waits."""

    target: ShareTarget
    rights: tuple[ConfirmedRight[Any], ...]

    @property
    def stand(self) -> bool:
        """Whether all of them were confirmed within a heartbeat and none has ended; callable from any thread."""
        return all(right.stands for right in self.rights)


def invalidate_target(share_id: str) -> None:
    _targets.end(share_id)


def invalidate_session(session_id: int) -> None:
    _targets.end_where(lambda _share_id, target: target.session_id == session_id)


def invalidate_all_targets() -> None:
    """Forget all targets and tokens, after a fact that ends many rights: the next batches look them up again."""
    _targets.end_all()
    _tokens.end_all()


async def known_workspace(exchange: Exchange, route: Route) -> str | None:
    """The workspace of the address's token, looked up before the body is read; a request with a token is trusted.

    None without a token; raises NotFound when no workspace has it.
    """
    workspace_id = await workspace_of(route, exchange.client_address)
    if workspace_id is not None:
        exchange.trust()
    return workspace_id


async def token_of(route: Route, ip: str) -> TokenAccess | None:
    """The access of the address's token, None without a token; raises NotFound for a wrong, expired or revoked one."""
    known = await token_right(route, ip)
    return None if known is None else replace(known.value, ip=ip or None)


async def workspace_of(route: Route, ip: str) -> str | None:
    """The id of the token's workspace, None without a token; raises NotFound for a wrong, expired or revoked one."""
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
    """The live share; raises NotFound when there is none or the address is another workspace's."""
    return _readable(await target_right(share_id), workspace_id).value


async def writing_rights(share_id: str, secret: str, token: ConfirmedRight[TokenAccess] | None) -> WritingRights:
    """The right to write to the share by its secret; raises NotFound, CredentialsMissing, CredentialsInvalid."""
    known = _readable(await target_right(share_id), None if token is None else token.value.workspace_id)
    require_secret(secret, share_id)
    require_writer(known.value)
    return WritingRights(known.value, (known,) if token is None else (known, token))


def _readable(known: ConfirmedRight[ShareTarget] | None, workspace_id: str | None) -> ConfirmedRight[ShareTarget]:
    if known is None or workspace_id not in (None, known.value.workspace_id):
        raise NotFound("There is no such share, or it has ended.")
    return known


def require_writer(target: ShareTarget) -> None:
    """Raise CredentialsInvalid when the share was made by a signed-in agent whose device or membership has ended."""
    if not target.has_writer:
        raise CredentialsInvalid("The device that made this share was signed out, or its person left the workspace.")


def require_secret(secret: str, share_id: str) -> None:
    """Check the share's secret; raises CredentialsMissing when it is empty, CredentialsInvalid when it is wrong."""
    if not secret:
        raise CredentialsMissing("The share's secret is missing.")
    if not opens(secret, share_id):
        raise CredentialsInvalid("This is not the share's secret.")


def shows_secret(beginning: bytes, share_id: str = "") -> bool:
    """Whether a body begins with the share's valid secret; without a `share_id`, any share's."""
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

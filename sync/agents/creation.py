"""Creating and ending shares, the same for both protocols."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from opencode.lib.actor import KEY, Actor
from opencode.lib.asgi.exchange import Exchange
from opencode.lib.asgi.threads import in_thread
from sync.agents.links import is_local
from sync.agents.newer.accounts import account_of, accounts_target, sharing_account
from sync.agents.paths import Route
from sync.agents.patience import patiently
from sync.agents.rights import opens
from sync.agents.targets import invalidate_target, live_target, readable_target, require_writer, token_of
from sync.archive import warm_begin
from sync.sharing import CreatedShare, share_create, share_end
from workspaces.access import TokenAccess


async def create_share(exchange: Exchange, route: Route, client_id: str) -> CreatedShare:
    """A share for the agent's session: a new one, or the one it has where a repeated create finds it (`share_create`).

    An agent that is signed in shares into the workspace it names. Raises AnonymousSharesOff, AnonymousSharesLimited,
    and NotFound for a wrong token; when signed in CredentialsMissing, CredentialsInvalid, OrgMissing, NotFound,
    WorkspaceBlocked, Forbidden.
    """
    if route.is_account:
        return await _create_for_account(exchange, client_id)
    token = await token_of(route, exchange.client_address)
    create = partial(
        share_create,
        client_id=client_id,
        workspace_id=None if token is None else token.workspace_id,
        is_local=is_local(exchange),
        client_address=exchange.client_address,
        actor=_actor(token, "", exchange),
    )
    return await _created(create)


async def _created(create: Callable[[], CreatedShare]) -> CreatedShare:
    created = await patiently(partial(in_thread, create))
    if created.target.is_cold:
        # The agent's first batch follows at once: a cold session is being warmed by then.
        warm_begin(created.target.session_id)
    return created


async def _create_for_account(exchange: Exchange, client_id: str) -> CreatedShare:
    account = await sharing_account(exchange)
    create = partial(
        share_create,
        client_id=client_id,
        workspace_id=account.workspace_id,
        is_local=False,
        client_address=exchange.client_address,
        actor=account.actor,
    )
    return await _created(create)


async def end_accounts_share(exchange: Exchange, share_id: str, secret: str) -> None:
    """Unshare for an agent that is signed in, which shows its account and the share's secret.

    A share that has ended already is no error. Raises CredentialsMissing, CredentialsInvalid, NotFound,
    WorkspaceBlocked, Forbidden.
    """
    if opens(secret, share_id) and await live_target(share_id) is None:
        await account_of(exchange)
        return
    account, _ = await accounts_target(exchange, share_id, secret)
    await patiently(partial(in_thread, partial(share_end, share_id=share_id, actor=account.actor)))
    invalidate_target(share_id)


async def end_share(exchange: Exchange, route: Route, share_id: str) -> None:
    """Unshare for an agent whose secret the caller has checked. A share that has ended already is no error.

    Raises NotFound when the token is wrong or the share another workspace's, and CredentialsInvalid when the share was
    made by a signed-in agent whose device or membership has ended.
    """
    token = await token_of(route, exchange.client_address)
    if await live_target(share_id) is None:
        return
    require_writer(await readable_target(share_id, None if token is None else token.workspace_id))
    end = partial(share_end, share_id=share_id, actor=_actor(token, share_id, exchange))
    await patiently(partial(in_thread, end))
    invalidate_target(share_id)


def _actor(token: TokenAccess | None, share_id: str, exchange: Exchange) -> Actor:
    """The actor for the audit log: the agent's token, or the share whose secret it shows."""
    of = Actor(KEY, share_id, exchange.client_address or None) if token is None else token.actor
    return replace(of, request_id=exchange.request_id)

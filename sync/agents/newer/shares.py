"""The newer protocol (agents from 1.0.98): `/api/share` and below; with an account the same at `/api/shares`."""

from functools import partial

from django.conf import settings

from opencode.lib.asgi.answers import EMPTY, Answer, json_answer
from opencode.lib.asgi.exchange import Exchange
from opencode.lib.errors import CredentialsInvalid, CredentialsMissing
from sync.agents.batches import decoded, publish_items
from sync.agents.creation import create_share, end_accounts_share, end_share
from sync.agents.links import share_url
from sync.agents.newer.accounts import account_of, accounts_rights, is_members
from sync.agents.paths import Route
from sync.agents.rights import bearer_of, member_of, opens, reader_by
from sync.agents.stored import stored_text
from sync.agents.targets import (
    SMALL_BODY_BYTES,
    WritingRights,
    known_workspace,
    readable_target,
    shows_secret,
    token_right,
    workspace_of,
    writing_rights,
)
from sync.items.bodies import fields_of, secret_of, session_id_of, sync_of
from sync.items.items import items_of_batch
from sync.items.wire import items_text


async def create(exchange: Exchange, route: Route) -> Answer:
    body = await exchange.body(SMALL_BODY_BYTES)
    session_id = await decoded(partial(session_id_of, body), len(body))
    share = await create_share(exchange, route, session_id)
    return json_answer({"id": share.id, "url": share_url(exchange, share.id), "secret": share.secret})


async def sync(exchange: Exchange, route: Route) -> Answer:
    """Answer a sync after the commit, with `{"refused": n}` when n items could not be read, else empty."""
    workspace_id = await known_workspace(exchange, route)
    if not route.is_account:
        await readable_target(route.share_id, workspace_id)
    body = await exchange.body(is_known=partial(shows_secret, share_id=route.share_id))
    secret, raws = await decoded(partial(sync_of, body), len(body))
    ask = partial(_rights, exchange, route, secret)
    rights = await ask()
    batch = await decoded(partial(items_of_batch, raws, rights.target.client_id, settings.SYNC_ENTRY_BYTES), len(body))
    await publish_items(ask, rights, batch.items)
    return json_answer({"refused": batch.refused}) if batch.refused else EMPTY


async def _rights(exchange: Exchange, route: Route, secret: str) -> WritingRights:
    if route.is_account:
        return await accounts_rights(exchange, route.share_id, secret)
    return await writing_rights(route.share_id, secret, await token_right(route, exchange.client_address))


async def data(exchange: Exchange, route: Route) -> Answer:
    """Answer with the share's items. The link is enough to read, unless it is for members only.

    An account that is shown must be valid, though. Secrets are masked for readers who have only the link, but not for
    the share's secret or a member's account.
    """
    if route.is_account:
        await account_of(exchange)
    workspace_id = await workspace_of(route, exchange.client_address)
    target = await readable_target(route.share_id, workspace_id)
    if route.is_account and await is_members(exchange, target):
        return Answer(200, await stored_text(member_of(target), items_text))
    return Answer(200, await stored_text(reader_by(target, bearer_of(exchange)), items_text))


async def unshare(exchange: Exchange, route: Route) -> Answer:
    body = await exchange.body(SMALL_BODY_BYTES)
    secret = secret_of(await decoded(partial(fields_of, body), len(body)))
    if route.is_account:
        await end_accounts_share(exchange, route.share_id, secret)
        return EMPTY
    if not opens(secret, route.share_id):
        workspace_id = await workspace_of(route, exchange.client_address)
        await readable_target(route.share_id, workspace_id)
        raise (CredentialsInvalid if secret else CredentialsMissing)("The share's secret is missing or wrong.")
    await end_share(exchange, route, route.share_id)
    return EMPTY

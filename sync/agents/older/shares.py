"""The older protocol (agents up to 1.0.61): one request a key, the share found by its secret."""

from functools import partial

from django.conf import settings

from opencode.lib.asgi.answers import EMPTY, Answer, json_answer
from opencode.lib.asgi.exchange import Exchange
from opencode.lib.errors import BodyMalformed, Forbidden
from sync.agents.batches import decoded, publish_items
from sync.agents.creation import create_share, end_share
from sync.agents.links import share_url
from sync.agents.paths import Route
from sync.agents.rights import bearer_of, reader_by
from sync.agents.stored import stored_text
from sync.agents.targets import (
    SMALL_BODY_BYTES,
    WritingRights,
    known_workspace,
    readable_target,
    share_id_of,
    shows_secret,
    token_right,
    workspace_of,
    writing_rights,
)
from sync.errors import KeyForeign, ShareIdMissing, UpgradeRequired
from sync.items.bodies import entry_of, fields_of, secret_of, session_id_of
from sync.items.items import item_of_entry
from sync.items.kinds import is_item_key
from sync.items.wire import tree_text
from sync.protocol.keys import ASK_KIND, parse_key


async def share_create(exchange: Exchange, route: Route) -> Answer:
    body = await exchange.body(SMALL_BODY_BYTES)
    session_id = await decoded(partial(session_id_of, body), len(body))
    share = await create_share(exchange, route, session_id)
    return json_answer({"secret": share.secret, "url": share_url(exchange, share.id)})


async def share_sync(exchange: Exchange, route: Route) -> Answer:
    await known_workspace(exchange, route)
    body = await exchange.body(is_known=shows_secret)
    fields = await decoded(partial(fields_of, body), len(body))
    ask = partial(_rights, exchange, route, secret_of(fields))
    rights = await ask()
    key, data = await decoded(partial(entry_of, fields), len(body))
    parsed = parse_key(key)
    if parsed is None or parsed.session_id != rights.target.client_id or not is_item_key(parsed):
        raise KeyForeign
    if parsed.kind == ASK_KIND:
        # Taken and dropped: an agent that is refused would try again for ever, and only the console writes these.
        return EMPTY
    item = item_of_entry(key, parsed.kind, data, settings.SYNC_ENTRY_BYTES)
    if item is None:
        raise BodyMalformed("The content has not the shape its key promises.")
    await publish_items(ask, rights, [item])
    return EMPTY


async def _rights(exchange: Exchange, route: Route, secret: str) -> WritingRights:
    token = await token_right(route, exchange.client_address)
    return await writing_rights(share_id_of(secret), secret, token)


async def share_delete(exchange: Exchange, route: Route) -> Answer:
    body = await exchange.body(SMALL_BODY_BYTES)
    share_id = share_id_of(secret_of(await decoded(partial(fields_of, body), len(body))))
    await end_share(exchange, route, share_id)
    return EMPTY


async def share_delete_admin(exchange: Exchange, route: Route) -> Answer:
    """Refuse: there is no secret that deletes any share, administrators use the console."""
    raise Forbidden("Shares are not deleted with an administrator's secret here: use the console.")


async def share_data(exchange: Exchange, route: Route) -> Answer:
    workspace_id = await workspace_of(route, exchange.client_address)
    share_id = exchange.query("id")
    if not share_id:
        raise ShareIdMissing
    access = reader_by(await readable_target(share_id, workspace_id), bearer_of(exchange))
    return Answer(200, await stored_text(access, tree_text))


async def share_poll(exchange: Exchange, route: Route) -> Answer:
    raise UpgradeRequired

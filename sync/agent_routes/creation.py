"""Creating and ending shares, the same for both protocols."""

from functools import partial

from sync.agent_routes.links import is_local
from sync.agent_routes.paths import Route
from sync.agent_routes.patience import patiently
from sync.agent_routes.targets import forget_target, live_target, readable_target, workspace_of
from sync.http.exchange import Exchange
from sync.http.threads import in_thread
from sync.services.shares import CreatedShare, share_create, share_end


async def create_share(exchange: Exchange, route: Route, client_id: str) -> CreatedShare:
    """A share for the agent's session, new or the one it has; raises AnonymousSharesOff, NotFound."""
    workspace_id = await workspace_of(route, exchange.client_address)
    create = partial(
        share_create,
        client_id=client_id,
        workspace_id=workspace_id,
        is_local=is_local(exchange),
        client_address=exchange.client_address,
    )
    return await patiently(partial(in_thread, create))


async def end_share(share_id: str, workspace_id: str | None) -> None:
    """Whoever unshares what ended already has what they wanted; NotFound when it is another workspace's."""
    if await live_target(share_id) is None:
        return
    await readable_target(share_id, workspace_id)
    await patiently(partial(in_thread, partial(share_end, share_id=share_id)))
    forget_target(share_id)

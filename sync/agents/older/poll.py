"""The older protocol's socket `/share_poll?id=`: sends what is stored, then each new value, as `{key, content}`."""

from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from typing import Any, Final

import structlog

from opencode.lib.asgi.answers import denial_answer, send_answer
from opencode.lib.asgi.exchange import Exchange, Receive, Send
from opencode.lib.errors import Denial, InternalError, MethodNotAllowed, NotFound
from sync.agents.paths import Route, route_of
from sync.agents.patience import patiently
from sync.agents.rights import bearer_of, reader_by
from sync.agents.targets import readable_target, workspace_of
from sync.errors import ShareIdMissing
from sync.items.wire import frame_text
from sync.live import Connection, Ending, Follower, abort_of, follow_until_gone, get_runtime, rows_of
from sync.protocol.closing import close_code_of
from sync.protocol.frames import kind_of
from sync.protocol.positions import Position
from sync.sharing import ShareTarget

log = structlog.get_logger(__name__)
SWITCHING_PROTOCOLS: Final = 101
_WITH_ENTRIES: Final = frozenset({"snapshot", "updates"})


class PollTransport:
    """Sends each entry as a message of its own, and leaves out frames this protocol does not have."""

    push = None

    def __init__(self, scope: Mapping[str, Any], send: Send) -> None:
        self._send = send
        self.abort = abort_of(scope)

    async def send(self, text: str, _position: Position | None) -> None:
        if kind_of(text) in _WITH_ENTRIES:
            for row in rows_of(text):
                if not row.deleted:
                    await self._send({"type": "websocket.send", "text": frame_text(row.key, row.content)})

    async def close(self, ending: Ending) -> None:
        await self._send({"type": "websocket.close", "code": int(ending.code)})


async def poll(exchange: Exchange, receive: Receive, send: Send, request_id: str) -> int:
    """Serve one socket until either side ends it; returns the HTTP status of its handshake."""
    await receive()
    with ExitStack() as connected:
        try:
            follower = await _admitted(exchange, send, connected)
        except Denial as denial:
            await _deny(exchange, send, denial, request_id)
            return denial.status
        except Exception:
            log.exception("agent_socket_failed", request_id=request_id)
            await _deny(exchange, send, InternalError(), request_id)
            return InternalError.status
        await send({"type": "websocket.accept"})
        await follow_until_gone(follower, receive)
    return SWITCHING_PROTOCOLS


async def _admitted(exchange: Exchange, send: Send, connected: ExitStack) -> Follower:
    """The follower of a handshake that can still be refused, registered in `connected`. Raises a Denial."""
    runtime = get_runtime()
    target = await _target(exchange, route_of(exchange.scope["path"]))
    access = reader_by(target, bearer_of(exchange))
    runtime.connections.require_room(access, exchange.client_address)
    await patiently(partial(runtime.open_hub, access))
    follower = Follower(access, PollTransport(exchange.scope, send))
    # The limits are checked again: other sockets came while the session was opened.
    connected.enter_context(runtime.connections.opened(Connection(access, follower.end, exchange.client_address)))
    return follower


async def _target(exchange: Exchange, route: Route | None) -> ShareTarget:
    if route is None:
        raise NotFound
    if route.name != "share_poll":
        raise MethodNotAllowed("This address does not speak WebSocket.")
    workspace_id = await workspace_of(route, exchange.client_address)
    share_id = exchange.query("id")
    if not share_id:
        raise ShareIdMissing
    return await readable_target(share_id, workspace_id)


async def _deny(exchange: Exchange, send: Send, denial: Denial, request_id: str) -> None:
    """Refuse the handshake with the denial's own status where the server can."""
    if "websocket.http.response" not in (exchange.scope.get("extensions") or {}):
        await send({"type": "websocket.close", "code": int(close_code_of(denial.status))})
        return
    answer = denial_answer(denial, request_id)
    await send_answer(send, answer, request_id, kind="websocket.http.response")

"""The older protocol's socket `/share_poll?id=`: what is stored at connect, then each new value: `{key, content}`."""

import asyncio
import logging
from contextlib import aclosing
from functools import partial

from opencode.lib.asgi.answers import denial_answer, send_answer
from opencode.lib.asgi.exchange import Exchange, Receive, Send
from opencode.lib.errors import Denial, InternalError, MethodNotAllowed, NotFound
from sync.agents.paths import Route, route_of
from sync.agents.patience import patiently
from sync.agents.targets import readable_target, workspace_of
from sync.errors import ShareIdMissing
from sync.items.wire import frame_text
from sync.live import VIEWER, ReaderEnded, SocketAccess, get_runtime, session_parts
from sync.protocol.closing import CloseCode, close_code_of
from sync.sharing import ShareTarget

log = logging.getLogger("opencode.agent")
SWITCHING_PROTOCOLS = 101


async def poll(exchange: Exchange, receive: Receive, send: Send, request_id: str) -> int:
    """Serve one socket until either side ends it; the HTTP status its handshake came to."""
    await receive()
    connections = get_runtime().connections
    try:
        access = _access(await _target(exchange, route_of(exchange.scope["path"])))
        connections.require_room(access, exchange.client_address)
        await patiently(partial(get_runtime().open_hub, access.session_id))
        # Others came while the session was opened.
        connection, ended = connections.admit(access, exchange.client_address)
    except Denial as denial:
        await _deny(exchange, send, denial, request_id)
        return denial.status
    except Exception:
        log.exception("agent_socket_failed", extra={"request_id": request_id})
        await _deny(exchange, send, InternalError(), request_id)
        return InternalError.status
    try:
        await send({"type": "websocket.accept"})
        code = await _serve(access.session_id, ended, receive, send, request_id)
    finally:
        connections.discard(connection)
    if code is not None:
        await send({"type": "websocket.close", "code": int(code)})
    return SWITCHING_PROTOCOLS


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


def _access(target: ShareTarget) -> SocketAccess:
    workspace_id = target.workspace_id or ""
    return SocketAccess(
        target.session_id, target.client_id, VIEWER, share_id=target.share_id, workspace_id=workspace_id
    )


async def _serve(
    session_id: int, ended: "asyncio.Future[CloseCode]", receive: Receive, send: Send, request_id: str
) -> CloseCode | None:
    """The code to close with, None when the client went."""
    tasks: list[asyncio.Future[CloseCode] | asyncio.Task[CloseCode | None]] = [
        ended,
        asyncio.create_task(_stream(session_id, send)),
        asyncio.create_task(_until_gone(receive)),
    ]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()
    except Exception:
        log.exception("agent_socket_failed", extra={"request_id": request_id})
        return CloseCode.RESTART
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _stream(session_id: int, send: Send) -> CloseCode | None:
    try:
        async with aclosing(session_parts(get_runtime().hubs, session_id)) as parts:
            async for part in parts:
                for row in part.rows:
                    if not row.deleted:
                        await send({"type": "websocket.send", "text": frame_text(row.key, row.content)})
    except ReaderEnded as end:
        return end.code
    except Denial:
        return CloseCode.RESTART
    except OSError:  # the server's word for a client that went while something was being sent
        return None
    return CloseCode.RESTART


async def _until_gone(receive: Receive) -> CloseCode | None:
    while (await receive())["type"] != "websocket.disconnect":
        pass
    return None

"""`…/events`: a session as Server-Sent Events. One event a frame, named by its type, with the position as its id."""

import asyncio
import logging
import secrets
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from opencode.lib.asgi.answers import transport_headers
from opencode.lib.asgi.exchange import Exchange, Receive, Send
from opencode.lib.errors import CredentialsInvalid, Denial, Forbidden, InternalError
from sync.doors.http.asking import reading_request
from sync.errors import SessionGone
from sync.live import (
    RESTART_SECONDS,
    Cursor,
    Person,
    ReaderEnded,
    Runtime,
    SocketAccess,
    get_runtime,
    position_in,
    resume_position,
    socket_access,
    welcome_of,
)
from sync.protocol.closing import CloseCode
from sync.protocol.events import event_of
from sync.protocol.frames import bye_text, error_text

log = logging.getLogger(__name__)
# How long a reader that does not read may hold up the word that it is over.
LAST_WORDS_SECONDS = 5
_DENIALS: dict[CloseCode, type[Denial]] = {
    CloseCode.NOT_SIGNED_IN: CredentialsInvalid,
    CloseCode.FORBIDDEN: Forbidden,
    CloseCode.SESSION_REMOVED: SessionGone,
}


async def stream_events(exchange: Exchange, target: str, receive: Receive, send: Send, request_id: str) -> None:
    """Serve one reader until either side ends it. Raises a Denial as long as nothing was sent."""
    runtime = get_runtime()
    access = await runtime.read(socket_access, reading_request(exchange, target))
    runtime.connections.require_room(access, exchange.client_address)
    await runtime.open_hub(access.session_id)
    since = position_in(exchange.header(b"last-event-id")) or resume_position(
        {"epoch": [exchange.query("epoch")], "seq": [exchange.query("seq")]}
    )
    # Others came while the session was opened.
    connection, ended = runtime.connections.admit(access, exchange.client_address)
    try:
        await _start(send, request_id)
        code = await _until_ended(ended, _frames(runtime, access, since, send), receive)
    finally:
        runtime.connections.discard(connection)
    if code is not None:
        # Cancelled by the time limit, the answer stays unfinished and the server closes the connection.
        with suppress(TimeoutError, OSError, RuntimeError):
            async with asyncio.timeout(LAST_WORDS_SECONDS):
                await _event(send, _last_words(code))
                await send({"type": "http.response.body", "body": b""})


async def _start(send: Send, request_id: str) -> None:
    headers = [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-accel-buffering", b"no"),
        (b"x-request-id", request_id.encode()),
        *transport_headers(),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})


async def _until_ended(
    ended: "asyncio.Future[CloseCode]", frames: Coroutine[Any, Any, CloseCode | None], receive: Receive
) -> CloseCode | None:
    """Why the stream is over; None when the client went."""
    tasks: list[asyncio.Future[CloseCode] | asyncio.Task[CloseCode | None]] = [
        ended,
        asyncio.create_task(frames),
        asyncio.create_task(_until_gone(receive)),
    ]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _frames(
    runtime: Runtime, access: SocketAccess, since: tuple[str, int] | None, send: Send
) -> CloseCode | None:
    """Send frames; each send is awaited, so a reader that does not read takes bigger steps and holds no memory."""
    person = Person(secrets.token_hex(6), access.name, access.client, {})
    try:
        async with runtime.hubs.reading(access.session_id) as hub:
            await hub.open()
            cursor = Cursor(hub, sees_names=bool(access.name))
            parts = await cursor.start(since)
            await _event(send, welcome_of(access, hub))
            for part in parts:
                await _event(send, part, f"{hub.epoch}:{cursor.seq}" if part is parts[-1] else "")
            runtime.presence.join(hub, person)
            try:
                while True:
                    text = await cursor.next()
                    if text is None:
                        await cursor.wait()
                    else:
                        is_update = text.startswith('{"type":"updates"')
                        await _event(send, text, f"{hub.epoch}:{cursor.seq}" if is_update else "")
            finally:
                runtime.presence.leave(hub, person.id)
    except ReaderEnded as end:
        return end.code
    except Denial:
        return CloseCode.RESTART
    except OSError:  # the server's word for a client that went while something was being sent
        return None
    except Exception:
        log.exception("events_failed", extra={"session": access.session_id})
        return CloseCode.RESTART


async def _event(send: Send, text: str, position: str = "") -> None:
    await send({"type": "http.response.body", "body": event_of(text, position), "more_body": True})


async def _until_gone(receive: Receive) -> CloseCode | None:
    while (await receive())["type"] != "http.disconnect":
        pass
    return None


def _last_words(code: CloseCode) -> str:
    """`bye` when coming back helps, else the `error` that says why not."""
    if code is CloseCode.RESTART:
        return bye_text("restart", RESTART_SECONDS)
    if code is CloseCode.EPOCH_CHANGED:
        return bye_text("epoch_changed", 0)
    denial = _DENIALS.get(code, InternalError)
    return error_text(denial.code, denial.default_message)

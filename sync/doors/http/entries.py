"""`…/entries`: GET pulls what changed since a position, POST pushes updates; both in the frames of the protocol."""

from typing import NoReturn

from django.conf import settings

from opencode.lib.asgi.answers import Answer
from opencode.lib.asgi.exchange import Exchange
from opencode.lib.errors import BodyMalformed, TooManyRequests
from sync.doors.http.asking import reading_request, writing_request
from sync.doors.http.refusals import denial_of
from sync.errors import PublishForbidden, SessionGone
from sync.live import EDITOR, SocketAccess, get_runtime, pulled_frame, resume_position, session_publish, socket_access
from sync.protocol.frames import ack_text
from sync.protocol.requests import FrameRefused, PublishRequest, read_publish
from workspaces.keys.usage import count_publish


async def pull(exchange: Exchange, target: str) -> Answer:
    """A `snapshot` when there is no position to go on from, else `updates`; `more` means: ask again from here."""
    runtime = get_runtime()
    access = await runtime.read(socket_access, reading_request(exchange, target))
    since = resume_position({"epoch": [exchange.query("epoch")], "seq": [exchange.query("since")]})
    frame = await runtime.read_warm(pulled_frame, access.session_id, since)
    if frame is None:
        raise SessionGone
    return Answer(200, frame.encode())


async def push(exchange: Exchange, target: str) -> Answer:
    """The publish's `ack`, once it is committed; a repeat of its id gets the first one's."""
    access: SocketAccess = await get_runtime().read(socket_access, writing_request(exchange, target))
    if access.role != EDITOR:
        raise PublishForbidden
    exchange.trust()
    request = _publish_in(await exchange.body(settings.SYNC_FRAME_BYTES), access)
    wait = get_runtime().pace.wait(access)
    if wait:
        raise TooManyRequests(retry_after=wait)
    if access.key_id:
        count_publish(access.workspace_id, access.key_id)
    receipt = await session_publish(session_id=access.session_id, updates=request.updates, operation_id=request.id)
    return Answer(200, ack_text(request.id, *receipt).encode())


def _publish_in(body: bytes, access: SocketAccess) -> PublishRequest:
    try:
        return read_publish(body.decode(), access.client_id, settings.SYNC_ENTRY_BYTES)
    except UnicodeDecodeError as error:
        raise BodyMalformed("The body is not UTF-8.") from error
    except FrameRefused as refused:
        _refuse(refused)


def _refuse(refused: FrameRefused) -> NoReturn:
    raise denial_of(refused) from refused

"""`…/entries`: GET pulls what changed since a position, POST pushes updates; both in the frames of the protocol."""

from functools import partial

from django.conf import settings

from opencode.lib.asgi.answers import Answer
from opencode.lib.asgi.exchange import Exchange
from opencode.lib.errors import BodyMalformed, Denial, ServiceUnavailable
from sync.doors.http.asking import reading_request, writing_request
from sync.doors.http.refusals import denial_of
from sync.errors import SessionGone
from sync.live import (
    SessionAccess,
    count_refused,
    get_runtime,
    publish_allow,
    pulled_part,
    resume_position,
    session_access,
    session_publish,
)
from sync.protocol.closing import CloseCode
from sync.protocol.frames import ack_text
from sync.protocol.requests import FrameRefused, PublishRequest, read_publish


async def pull(exchange: Exchange, target: str) -> Answer:
    """Answer with a `snapshot` when there is no position to resume from, else `updates`; `more`: pull again from here.

    Raises the denials of `session_access`, SessionCold, SessionGone and ServiceUnavailable.
    """
    runtime = get_runtime()
    access = await session_access(reading_request(exchange, target))
    with runtime.connections.request(access) as connection:
        since = resume_position(exchange.scope, "since")
        read = partial(pulled_part, access.session_id, since, is_masked=access.is_masked)
        part = await runtime.read_warm(read)
        if part is not None and access.is_masked:
            part = await part.masked(runtime.masking)
        elif part is not None and access.share_id:
            part = part.without_asks()
        # Warming a cold session takes long enough for the right to end meanwhile, or for the link to mask secrets.
        connection.raise_if_ended()
        if connection.ended is CloseCode.EPOCH_CHANGED:
            raise ServiceUnavailable(retry_after=1)
    if part is None:
        raise SessionGone
    return Answer(200, part.text.encode())


async def push(exchange: Exchange, target: str) -> Answer:
    """Answer with the publish's `ack` once it is committed; a repeat of its operation id gets the first one's."""
    access = await session_access(writing_request(exchange, target))
    # The body may take long to arrive: the rows the sender's right depends on are watched from here on.
    with get_runtime().connections.request(access) as connection:
        publish_allow(connection)
        exchange.trust()
        request = await _publish_in(exchange, access)
        receipt = await session_publish(
            session_id=access.session_id, updates=request.updates, operation_id=request.id, sender=connection
        )
    return Answer(200, ack_text(request.id, *receipt).encode())


async def _publish_in(exchange: Exchange, access: SessionAccess) -> PublishRequest:
    """The publish in the body; a malformed one counts as a refused publish, as on a socket."""
    try:
        body = await exchange.body(settings.SYNC_FRAME_BYTES)
        return _read(body, access)
    except Denial as denial:
        count_refused(denial.code)
        raise


def _read(body: bytes, access: SessionAccess) -> PublishRequest:
    try:
        return read_publish(body.decode(), access.client_id, settings.SYNC_ENTRY_BYTES)
    except UnicodeDecodeError as error:
        raise BodyMalformed("The body is not UTF-8.") from error
    except FrameRefused as refused:
        raise denial_of(refused) from refused

"""`POST /sync/v1/tickets`: a key or a cookie for a ticket that opens one socket."""

from typing import Final

import msgspec

from opencode.lib.asgi.answers import Answer, json_answer
from opencode.lib.asgi.exchange import Exchange
from opencode.lib.asgi.threads import in_thread
from opencode.lib.clock import utc_now
from opencode.lib.errors import BodyMalformed, CredentialsMissing
from sync.doors.http.asking import ticket_request
from sync.live import TICKET_SECONDS, session_access, socket_ticket_create

BODY_BYTES: Final = 4096


class _Asked(msgspec.Struct):
    session: str


_asked = msgspec.json.Decoder(_Asked)


async def issue_ticket(exchange: Exchange, _target: str) -> Answer:
    """`{"session": id}` answers `{"ticket", "expires_in"}`. Whoever has only a link needs none and gets none."""
    try:
        session = _asked.decode(await exchange.body(BODY_BYTES)).session
    except (msgspec.DecodeError, UnicodeError) as error:
        raise BodyMalformed('The body must read {"session": "<id>"}.') from error
    request = ticket_request(exchange, session)
    access = await session_access(request)
    if access.share_id and not request.authorization:
        raise CredentialsMissing
    ticket = await in_thread(socket_ticket_create, access=access, target=session, now=utc_now())
    return json_answer({"ticket": ticket, "expires_in": TICKET_SECONDS})

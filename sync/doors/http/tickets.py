"""`POST /sync/v1/tickets`: exchanges an API key or a cookie for a ticket that opens one socket."""

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


class _TicketRequest(msgspec.Struct):
    session: str


_decoder = msgspec.json.Decoder(_TicketRequest)


async def issue_ticket(exchange: Exchange, _target: str) -> Answer:
    """Answer `{"session": id}` with `{"ticket", "expires_in"}`, in seconds. A link alone needs no ticket and gets none.

    Raises BodyMalformed, CredentialsMissing, and the denials of `session_access`.
    """
    try:
        session = _decoder.decode(await exchange.body(BODY_BYTES)).session
    except (msgspec.DecodeError, UnicodeError) as error:
        raise BodyMalformed('The body must read {"session": "<id>"}.') from error
    request = ticket_request(exchange, session)
    access = await session_access(request)
    if access.share_id and not request.authorization:
        raise CredentialsMissing
    ticket = await in_thread(socket_ticket_create, access=access, target=session, now=utc_now())
    return json_answer({"ticket": ticket, "expires_in": TICKET_SECONDS})

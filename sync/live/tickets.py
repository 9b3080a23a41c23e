"""Single-use tickets: what a client that cannot set headers shows at a socket, in place of its key or cookie.

A ticket is offered as a second sub-protocol, `opencode.ticket.<ticket>`: neither logs nor histories keep those.
"""

from typing import Final

from opencode.lib.clock import utc_now
from opencode.lib.ids import random_base62
from opencode.lib.keyring import current_version, mac, macs_of_all_versions
from sync.models import SocketTicket

TICKET_PROTOCOL: Final = "opencode.ticket."
TICKET_SECONDS: Final = 60
_BITS: Final = 192
_PURPOSE: Final = "socket-ticket"


def new_ticket() -> tuple[str, str]:
    """A new ticket and the keyed hash (MAC) to store in its place."""
    ticket = random_base62(_BITS)
    return ticket, mac(_PURPOSE, ticket, current_version())


def find_ticket(ticket: str) -> SocketTicket | None:
    """The row of a ticket that has not expired, with its session; None when there is none."""
    hashes = list(macs_of_all_versions(_PURPOSE, ticket).values())
    living = SocketTicket.objects.filter(secret_hash__in=hashes, expires_at__gt=utc_now())
    return living.select_related("session").first()


def take_ticket(ticket_id: int) -> bool:
    """Delete the row, which uses the ticket up; of several concurrent calls only one returns True."""
    removed, _ = SocketTicket.objects.filter(id=ticket_id).delete()
    return bool(removed)

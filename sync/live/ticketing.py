"""Issuing single-use tickets for sockets, and deleting those that expired unused."""

from datetime import datetime, timedelta
from typing import Final

from sync.live.access import SessionAccess
from sync.live.tickets import TICKET_SECONDS, new_ticket
from sync.models import SocketTicket

CHUNK_ROWS: Final = 1000


def socket_ticket_create(*, access: SessionAccess, target: str, now: datetime) -> str:
    """A ticket that opens one socket at `target` with this access, within TICKET_SECONDS."""
    ticket, secret_hash = new_ticket()
    SocketTicket.objects.create(
        secret_hash=secret_hash,
        session_id=access.session_id,
        target=target,
        role=access.role,
        share_id=access.share_id,
        key_id=access.key_id,
        membership_id=access.membership_id,
        device_id=access.device_id,
        browser_id=access.browser_id,
        name=access.name,
        expires_at=now + timedelta(seconds=TICKET_SECONDS),
    )
    return ticket


def socket_tickets_purge(*, now: datetime) -> int:
    """Delete tickets that expired unused; returns how many."""
    removed = 0
    expired = SocketTicket.objects.filter(expires_at__lte=now).order_by("expires_at")
    while chunk := list(expired.values_list("pk", flat=True)[:CHUNK_ROWS]):
        removed += SocketTicket.objects.filter(pk__in=chunk).delete()[0]
    return removed

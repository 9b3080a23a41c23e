"""Keeps what an agent sends for a cold session that cannot be warmed now."""

from collections.abc import Sequence

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from sync.errors import SessionCold, SessionFull
from sync.items.items import Item
from sync.models import HeldItem, Session
from sync.writer import write_limits

log = structlog.get_logger(__name__)


@transaction.atomic
def items_hold(*, session_id: int, items: Sequence[Item]) -> bool:
    """Keep the items until the session is warm, when they are merged; False, with nothing kept, when it is not cold.

    Raises SessionFull when the session might have no room for all held items, counting each as a new entry that
    replaces nothing; so held items always fit later. Raises SessionCold when SYNC_HELD_BYTES are held already.
    """
    session = Session.objects.select_for_update().filter(pk=session_id, cold_at__isnull=False).first()
    if session is None:
        return False
    rows = [
        HeldItem(
            session=session,
            key=item.key,
            kind=item.kind,
            content=item.content,
            size=len(item.content.encode()),
            phase=item.clock.phase,
            ms=item.clock.ms,
        )
        for item in items
    ]
    used: int = HeldItem.objects.filter(session=session).aggregate(used=Sum("size"))["used"] or 0
    new = sum(row.size for row in rows)
    _require_room(session, {row.key for row in rows}, used + new)
    if used + new > settings.SYNC_HELD_BYTES:
        raise SessionCold(retry_after=5, limit=settings.SYNC_HELD_BYTES, used=used)
    # One statement an item: the database limits the size of a statement.
    HeldItem.objects.bulk_create(rows, batch_size=1)
    log.warning("items_held", session=session_id, items=len(rows))
    return True


def _require_room(session: Session, keys: set[str], size: int) -> None:
    """Raises SessionFull when these keys, with those held already, or `size` more bytes exceed the session's limits."""
    limits = write_limits()
    others = HeldItem.objects.filter(session=session).exclude(key__in=keys).order_by().values("key").distinct().count()
    if session.entry_count + others + len(keys) > limits.entries:
        raise SessionFull(limit=limits.entries, used=session.entry_count)
    if session.content_bytes + size > limits.bytes:
        raise SessionFull(limit=limits.bytes, used=session.content_bytes)

"""Merges what agents sent for a cold session while it could not be warmed, as if it arrived now."""

import structlog
from django.conf import settings

from opencode.lib.errors import Denial
from sync.items.clocks import Clock
from sync.items.items import Item
from sync.items.merge import resolver_of
from sync.items.pieces import pieces_of
from sync.models import HeldItem
from sync.writer import Publish, commit_within

log = structlog.get_logger(__name__)


def held_items_merge(*, session_id: int) -> None:
    """Merge in the transaction that warms the session, so that each item counts once despite a kill."""
    held = HeldItem.objects.filter(session_id=session_id).order_by("pk")
    items = [Item(each.key, each.kind, each.content, Clock(each.phase, each.ms)) for each in held]
    for piece in pieces_of(items):
        keys = list(dict.fromkeys(item.key for item in piece))
        publish = Publish(session_id, keys=keys, resolve=resolver_of(piece, settings.SYNC_ENTRY_BYTES))
        commit_within([publish])
        if isinstance(publish.outcome, Denial):
            log.error("held_items_refused", session=session_id, items=len(piece), code=publish.outcome.code)
    if items:
        held.delete()

"""Merges a batch with what is stored: stale items are left out, repeats change nothing.

Batches over a slow connection overlap and arrive in any order; whatever the order, the newest value of a key remains.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from sync.items.clocks import CLOCK_BITS, rank_of
from sync.items.items import Item
from sync.items.modellist import models_merged
from sync.protocol.jsontext import encode
from sync.protocol.untrusted import dicts_at
from sync.protocol.updates import Resolver, Stored, Update


def resolver_of(items: Sequence[Item], max_bytes: int) -> Resolver:
    """The resolver of a batch, for the writer to call under the session's lock; `max_bytes` limits merged contents."""

    def resolve(stored: Mapping[str, Stored]) -> list[Update]:
        current = dict(stored)
        updates: dict[str, Update] = {}
        for item in items:
            update = merge(item, current.get(item.key), max_bytes)
            if update is not None:
                current[item.key] = Stored(update.content, update.rank, update.deleted)
                updates[item.key] = update
        return list(updates.values())

    return resolve


def merge(item: Item, stored: Stored | None, max_bytes: int) -> Update | None:
    """The update that `item` makes to `stored`; None when it is stale or changes nothing.

    The same content with a later clock is an update too, as older items may not replace it any more: the writer raises
    the stored rank without numbering it.
    """
    if stored is None or (stored.deleted and not stored.rank):
        return Update(item.key, item.content, rank_of(item.clock.phase, item.clock.ms or 0))
    rank = _rank(item, stored.rank)
    if item.kind == "model" and not stored.deleted:
        return _merge_models(item, stored, rank, max_bytes)
    if rank < stored.rank:
        return None
    if not stored.deleted and _is_same(item.content, stored.content):
        return Update(item.key, stored.content, rank) if rank > stored.rank else None
    return Update(item.key, item.content, rank)


def _rank(item: Item, stored_rank: int) -> int:
    phase, ms = item.clock
    if ms is None:  # no clock: arrival decides within a phase, so it ranks with what is stored
        return max(stored_rank, rank_of(phase, 0)) if phase >= stored_rank >> CLOCK_BITS else rank_of(phase, 0)
    return rank_of(phase, ms)


def _merge_models(item: Item, stored: Stored, rank: int, max_bytes: int) -> Update | None:
    is_newer = rank >= stored.rank
    content = stored.content if item.content == stored.content else _union(item, stored, is_newer)
    if len(content.encode()) > max_bytes:
        content = stored.content
    if content == stored.content and rank <= stored.rank:
        return None
    return Update(item.key, content, max(rank, stored.rank))


def _union(item: Item, stored: Stored, is_newer: bool) -> str:
    known = _list(stored.content)
    merged = models_merged(known, _list(item.content), incoming_is_newer=is_newer)
    return stored.content if merged == known else encode(merged)


def _is_same(content: str, stored: str) -> bool:
    if content == stored:
        return True
    # The agent writes an object's fields in changing order, which leaves the length as it is.
    return len(content) == len(stored) and _value(content) == _value(stored)


def _value(content: str) -> Any:
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError):
        return content


def _list(content: str) -> list[dict[str, Any]]:
    return dicts_at(_value(content))

"""Keeps the rows of turns up to date with the entries, inside the same commit.

A part or message changes its turn by what it counts now less what it counted before. Text counts nothing, so a commit
of text alone asks the database nothing more.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from sync.protocol.turns import NONE, TurnCounts, TurnHead, message_turn, part_counts, turn_place
from sync.store.turns import TurnWrite, change_turns
from sync.writer.numbering import SessionBatch

_KINDS: Final = ("session/part/", "session/message/")


def has_turn(keys: Iterable[str]) -> bool:
    """Whether an entry of a turn is among the keys: its content before is then needed."""
    return any(key.startswith(_KINDS) for key in keys)


def write_turns(batches: Sequence[SessionBatch]) -> None:
    change_turns([row for batch in batches for row in turn_writes(batch)])


def turn_writes(batch: SessionBatch) -> list[TurnWrite]:
    """The changes of the session's turns, one for each turn that changes."""
    counts: dict[str, TurnCounts] = {}
    heads: dict[str, TurnHead] = {}
    for key, write in batch.writes.items():
        place = turn_place(batch.session.client_id, key)
        if place is None:
            continue
        before = batch.content_before(key)
        if place.is_message:
            heads[place.message_id], now = message_turn(write.content)
            then = message_turn(before)[1]
        else:
            now, then = part_counts(write.content), part_counts(before)
        if now != then:
            counts[place.message_id] = counts.get(place.message_id, NONE).plus(now).minus(then)
    return [TurnWrite(batch.session.id, name, counts.get(name, NONE), heads.get(name)) for name in {**heads, **counts}]

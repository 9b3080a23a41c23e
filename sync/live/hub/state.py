"""A session's whole state as `snapshot` frames, encoded once for all who join."""

from collections.abc import Sequence
from typing import Final

from sync.protocol.frames import SharedText, entry_text, snapshot_text
from sync.protocol.positions import Position
from sync.store import StateRead, StateRow

PART_CHARACTERS: Final = 1024 * 1024


class EncodedState:
    """The state at `position` in parts of about 1 MB."""

    __slots__ = ("parts", "position", "size")

    def __init__(self, state: StateRead) -> None:
        self.position = Position(state.epoch, state.head)
        groups = _grouped(state.rows)
        last = len(groups) - 1
        self.parts = [
            SharedText(snapshot_text(self.position, group, more=place < last)) for place, group in enumerate(groups)
        ]
        self.size = sum(map(len, self.parts))


def _grouped(rows: Sequence[StateRow]) -> list[list[str]]:
    groups: list[list[str]] = [[]]
    size = 0
    # In the masked history asks are tombstones, which no whole state has.
    for row in (row for row in rows if not row.deleted):
        text = entry_text(row.key, row.seq, row.content, False)
        if size and size + len(text) > PART_CHARACTERS:
            groups.append([])
            size = 0
        groups[-1].append(text)
        size += len(text)
    return groups

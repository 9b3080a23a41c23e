"""Batches of any size in pieces of one commit's size."""

from collections.abc import Iterator, Sequence
from typing import Final

from sync.items.items import Item

PIECE_ITEMS: Final = 1000
PIECE_CHARACTERS: Final = 8 * 1024 * 1024


def pieces_of(items: Sequence[Item]) -> Iterator[list[Item]]:
    """Runs of items that one commit takes without holding up the other sessions for long."""
    piece: list[Item] = []
    size = 0
    for item in items:
        if piece and (len(piece) >= PIECE_ITEMS or size + len(item.content) > PIECE_CHARACTERS):
            yield piece
            piece, size = [], 0
        piece.append(item)
        size += len(item.content)
    if piece:
        yield piece

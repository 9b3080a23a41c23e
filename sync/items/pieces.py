"""Splits batches of any size into pieces of one commit's size."""

from collections.abc import Iterator, Sequence
from typing import Final

from sync.items.items import Item

PIECE_ITEMS: Final = 100
PIECE_CHARACTERS: Final = 512 * 1024


def pieces_of(items: Sequence[Item]) -> Iterator[list[Item]]:
    """The items in pieces that one commit takes without delaying other sessions for long.

    A piece has at most PIECE_ITEMS items and about PIECE_CHARACTERS of content.
    """
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

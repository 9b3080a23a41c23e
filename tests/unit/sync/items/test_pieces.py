"""A large batch goes to the writer in pieces, each small enough for one commit."""

from sync.items.clocks import Clock
from sync.items.items import Item
from sync.items.pieces import PIECE_CHARACTERS, PIECE_ITEMS, pieces_of


def items(count: int, size: int) -> list[Item]:
    return [Item(f"session/todo/s/{n}", "todo", "x" * size, Clock(0, None)) for n in range(count)]


def test_many_small_items_are_cut_by_their_number() -> None:
    assert [len(piece) for piece in pieces_of(items(2 * PIECE_ITEMS + 1, 1))] == [PIECE_ITEMS, PIECE_ITEMS, 1]


def test_large_items_are_cut_by_their_size_and_none_is_lost() -> None:
    whole = items(5, PIECE_CHARACTERS // 2)
    pieces = list(pieces_of(whole))
    assert [len(piece) for piece in pieces] == [2, 2, 1]
    assert [item for piece in pieces for item in piece] == whole


def test_no_items_are_no_pieces() -> None:
    assert list(pieces_of([])) == []

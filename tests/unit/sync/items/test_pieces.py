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


def test_ingest_of_sixty_megabytes_lets_others_in_a_hundred_times_and_more() -> None:
    """Others' publishes are committed between two pieces: as long as one takes, so long they wait."""
    pieces = list(pieces_of(items(15_000, 4_000)))
    assert len(pieces) >= 100
    assert max(len(piece) for piece in pieces) <= 150
    assert max(sum(len(item.content) for item in piece) for piece in pieces) <= 1024 * 1024


def test_no_items_are_no_pieces() -> None:
    assert list(pieces_of([])) == []

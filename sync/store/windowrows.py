"""What is read of a session for a page: rows, and places between them."""

from typing import Final, NamedTuple

# Of a larger entry only the beginning of its content is read.
ENTRY_BYTES: Final = 256 * 1024


class EntryPosition(NamedTuple):
    """A place between entries: before a message, or before one of its parts. Its text is `<message>[/<part>]`."""

    message_id: str
    part_id: str = ""

    def __str__(self) -> str:
        return f"{self.message_id}/{self.part_id}" if self.part_id else self.message_id


class WindowRow(NamedTuple):
    """An entry, `size` in bytes. One that `is_cut` is too large for a page: only its content's beginning was read."""

    key: str
    seq: int
    size: int
    content: str

    @property
    def is_cut(self) -> bool:
        return self.size > ENTRY_BYTES


class Window(NamedTuple):
    """A page's `rows`, in no order. There is more before `earlier` and from `later` on; None when there is not."""

    epoch: str
    head: int
    rows: list[WindowRow]
    earlier: EntryPosition | None
    later: EntryPosition | None

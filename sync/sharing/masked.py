"""A session as readers see it who have only a link: without asks, secrets masked, under an epoch of its own.

The masked history has another epoch than the original, made of the session's and the version of the rules. So a reader
never goes on in the one from a position in the other, and caches by (epoch, key, seq) hold the two apart.
"""

from typing import Any, Final, TypeVar

import msgspec

from opencode.lib.caching import BoundedCache, text_bytes
from sync.masking import RULES_VERSION, mask_entry
from sync.protocol.keys import is_ask_key
from sync.render.order import fields_at_the_beginning
from sync.store import Piece, StateRead, StateRow, Window, WindowRow

# The largest entry takes an eighth.
CACHE_BYTES: Final = 64 * 1024 * 1024
# Stands for an entry in which nothing had to be masked; no entry's JSON is empty.
_SAME: Final = ""

_MASKED: Final[BoundedCache[tuple[str, str, int], str]] = BoundedCache(CACHE_BYTES, size_of=text_bytes)

Row = TypeVar("Row", StateRow, WindowRow)
Read = TypeVar("Read", StateRead, Window, Piece)


def masked_epoch(epoch: str) -> str:
    """The epoch of the masked history. Epochs are hexadecimal, so that no session's own epoch looks like it."""
    return f"{epoch}m{RULES_VERSION}"


def masked_content(epoch: str, key: str, seq: int, content: str) -> str:
    """The entry's JSON with its secrets masked, computed once while it is cached. `epoch` is the session's own.

    Takes up to 0.1 ms for each KB: call it off the event loop.
    """
    found = _MASKED.get_or_make((epoch, key, seq), lambda: _masked_or_same(content))
    return content if found == _SAME else found


def without_asks(read: Read) -> Read:
    """A read of the session with tombstones in the place of asks, which are for members: numbers stay without gaps."""
    rows: list[Any] = [_hidden(row) for row in read.rows]
    return read._replace(rows=rows)


def _hidden(row: Row) -> Row:
    if not is_ask_key(row.key):
        return row
    return row._replace(content="", deleted=True) if isinstance(row, StateRow) else row._replace(content="")


def masked_row(epoch: str, row: Row) -> Row:
    """The row with its content masked. Of one that was cut off, only its role and time are kept."""
    if getattr(row, "is_cut", False):
        return row._replace(content=msgspec.json.encode(fields_at_the_beginning(row.content)).decode())
    return row._replace(content=masked_content(epoch, row.key, row.seq, row.content)) if row.content else row


def masked_read(read: Read) -> Read:
    """A read of the session as a link shows it: every row masked, asks hidden, and the epoch of the masked history."""
    rows: list[Any] = list(without_asks(read).rows)
    return read._replace(epoch=masked_epoch(read.epoch), rows=[masked_row(read.epoch, row) for row in rows])


def masked_invalidate(epoch: str) -> None:
    """Drop what this process has cached of an erased session."""
    _MASKED.discard_where(lambda name: name[0] == epoch)


def _masked_or_same(content: str) -> str:
    masked = mask_entry(content)
    return masked.text if masked.text != content else _SAME

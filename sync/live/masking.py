"""Masks what readers with only a link are sent, in a thread of its own: it may take seconds for a whole session."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any, Final, TypeVar

import msgspec

from sync.live.hub import Range
from sync.protocol.frames import entry_text
from sync.sharing import masked_epoch, masked_read
from sync.store import StateRead, StateRow

# Sessions take turns: one masks so much, about 20 ms, before the next has its turn.
TURN_CHARACTERS: Final = 256 * 1024
T = TypeVar("T")


class _Piece(msgspec.Struct):
    key: str
    seq: int
    content: msgspec.Raw = msgspec.Raw(b"")
    deleted: bool = False


_read_piece = msgspec.json.Decoder(_Piece).decode


class MaskingThread:
    """One a process. Its results are cached by (epoch, key, seq), so that most calls for known entries are quick."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "masking")

    def stop(self) -> None:
        """Finish what is under way; nothing may be asked afterwards."""
        self._thread.shutdown(cancel_futures=True)

    async def state(self, state: StateRead) -> StateRead:
        """The state as a link shows it, under the masked history's epoch."""
        turns = [await self._run(masked_read, state._replace(rows=rows)) for rows in _turns(state.rows)]
        rows = list(chain.from_iterable(turn.rows for turn in turns))
        return StateRead(masked_epoch(state.epoch), state.head, rows)

    async def ranges(self, updates: Sequence[Range]) -> list[Range]:
        """The updates as a link shows them; those without texts stay without."""
        return await self._run(lambda: [_masked_range(update) for update in updates])

    async def _run(self, work: Callable[..., T], *args: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *args)


def _turns(rows: Sequence[StateRow]) -> list[list[StateRow]]:
    turns: list[list[StateRow]] = []
    characters = TURN_CHARACTERS
    for row in rows:
        if characters >= TURN_CHARACTERS:
            turns.append([])
            characters = 0
        turns[-1].append(row)
        characters += len(row.content)
    return turns


def _masked_range(update: Range) -> Range:
    if update.pieces is None:
        return update._replace(epoch=masked_epoch(update.epoch))
    pieces = map(_read_piece, update.pieces)
    rows = [StateRow(piece.key, piece.seq, bytes(piece.content).decode(), piece.deleted) for piece in pieces]
    masked = masked_read(StateRead(update.epoch, update.last, rows))
    return Range(masked.epoch, update.first, update.last, [entry_text(*row) for row in masked.rows])

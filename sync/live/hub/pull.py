"""The answer to a pull: read from the database each time, so that clients that poll need no hub."""

from typing import NamedTuple, Self

from sync.live.hub.frame import PART_ROWS, covered_to, fitting_rows, frame_of_state
from sync.live.hub.surroundings import Masking
from sync.protocol.frames import entry_text, snapshot_text
from sync.protocol.positions import Position
from sync.sharing import masked_epoch, without_asks
from sync.store import StateRead, read_state


class PulledPart(NamedTuple):
    """What one pull answers with: the rows of `state`, which cover the numbers after `since`, up to `to`.

    `since` is 0 for a reader who cannot resume: then it is the first part of a snapshot.
    """

    state: StateRead
    since: int
    to: int

    def without_asks(self) -> Self:
        """The same part for readers who come by a share and are shown secrets."""
        return self._replace(state=without_asks(self.state))

    async def masked(self, masking: Masking) -> Self:
        """The same part of the masked history."""
        return self._replace(state=await masking.state(self.state))

    @property
    def text(self) -> str:
        """The frame. With `more: true`, the next part is what a pull from the number this frame ends with returns."""
        epoch, head, rows = self.state
        has_more = self.to < head
        if not self.since:
            entries = [entry_text(row.key, row.seq, row.content, False) for row in rows if not row.deleted]
            return snapshot_text(Position(epoch, self.to), entries, more=has_more)
        frame = frame_of_state(epoch, self.since, self.to, rows, is_whole=True)
        return f'{frame.text[:-1]},"more":{"true" if has_more else "false"}}}'


def pulled_part(session_id: int, since: Position | None, *, is_masked: bool = False) -> PulledPart | None:
    """What came after `since`, or the beginning of the whole state when the reader cannot resume there.

    With `is_masked`, `since` is a position of the masked history, though the rows are the original's. None without a
    session. A long state comes in parts, oldest numbers first; what changes between two parts is in a later one.
    Raises SessionIsCold.
    """
    if since is not None and since.seq > 0:
        state = read_state(session_id, since.seq, PART_ROWS)
        if state is not None and since.leads_to(_head_of(state, is_masked=is_masked)):
            return _part(state, since.seq)
    state = read_state(session_id, 0, PART_ROWS)
    return None if state is None else _part(state, 0)


def _head_of(state: StateRead, *, is_masked: bool) -> Position:
    return Position(masked_epoch(state.epoch) if is_masked else state.epoch, state.head)


def _part(state: StateRead, since: int) -> PulledPart:
    rows = fitting_rows(state.rows)
    to = covered_to(state, PART_ROWS) if len(rows) == len(state.rows) else rows[-1].seq
    return PulledPart(state._replace(rows=rows), since, to)

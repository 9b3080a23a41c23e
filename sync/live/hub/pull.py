"""The answer to a pull: read from the database each time, so that clients that poll need no hub."""

from sync.live.hub.frame import PART_ROWS, Frame, covered_to, frame_of_state
from sync.protocol.frames import UPDATES_TAIL, snapshot_text, updates_head
from sync.protocol.positions import Position
from sync.store import StateRead, read_state


def pulled_frame(session_id: int, since: Position | None) -> str | None:
    """An `updates` frame after `since`, or a `snapshot` when the reader cannot resume there; None without a session.

    A long state comes in parts, oldest numbers first. With `more: true`, the next part is what a pull from the number
    this frame ends with returns; what changes between two parts is in a later one. Raises SessionIsCold.
    """
    if since is not None and since.seq > 0:
        state = read_state(session_id, since.seq, PART_ROWS)
        if state is not None and since.leads_to(Position(state.epoch, state.head)):
            frame = _part(state, since.seq)
            return _with_more(frame.text, more=frame.last < state.head)
    state = read_state(session_id, 0, PART_ROWS)
    return None if state is None else _snapshot(state)


def _part(state: StateRead, since: int) -> Frame:
    return frame_of_state(state.epoch, since, covered_to(state, PART_ROWS), state.rows)


def _snapshot(state: StateRead) -> str:
    frame = _part(state, 0)
    entries = frame.text[len(updates_head(frame.epoch, frame.first, frame.last)) : -len(UPDATES_TAIL)]
    return snapshot_text(Position(frame.epoch, frame.last), [entries], more=frame.last < state.head)


def _with_more(text: str, *, more: bool) -> str:
    return f'{text[:-1]},"more":{"true" if more else "false"}}}'

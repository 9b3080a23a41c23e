"""How new an item is, as one integer to compare: `rank = phase << CLOCK_BITS | milliseconds`.

The phase comes first: what is finished never goes back to unfinished, whatever the times say. Within a phase the later
time wins. Finished items have a time of their own; the others take the batch's `session.time.updated`.
"""

from typing import Any, Final, NamedTuple

from sync.protocol.untrusted import at

CLOCK_BITS: Final = 48
OPEN, RUNNING, FINISHED = 0, 1, 2
_TOOL_PHASES: Final = {"running": RUNNING, "completed": FINISHED, "error": FINISHED}


class Clock(NamedTuple):
    """An item's phase and time in milliseconds, None when neither item nor batch has one: then arrival order counts."""

    phase: int
    ms: int | None


def rank_of(phase: int, ms: int) -> int:
    return phase << CLOCK_BITS | ms


def updated_ms(session: Any) -> int | None:
    """`time.updated` of a session's info in milliseconds, None when it is missing or unusable."""
    return _ms(at(session, "time", "updated"))


def clock_of(kind: str, data: Any, batch_ms: int | None) -> Clock:
    """The clock of an item of a kind (`info`, `message`, `part`, …) in a batch whose info was updated at `batch_ms`."""
    if kind == "info":
        return Clock(OPEN, updated_ms(data))
    if kind == "message":
        # 0.1.x keeps a message's times in its metadata.
        completed = _ms(at(data, "time", "completed")) or _ms(at(data, "metadata", "time", "completed"))
        return Clock(OPEN, batch_ms) if completed is None else Clock(FINISHED, completed)
    if kind == "part":
        return _part_clock(data, batch_ms)
    return Clock(OPEN, batch_ms)


def _part_clock(part: Any, batch_ms: int | None) -> Clock:
    state = at(part, "state")
    if part.get("type") == "tool" and isinstance(state, dict):
        status = state.get("status")
        phase = _TOOL_PHASES.get(status, OPEN) if isinstance(status, str) else OPEN
        ended = [_ms(at(state, "time", "end")), _ms(at(state, "time", "compacted"))] if phase == FINISHED else []
        return Clock(phase, max((ms for ms in ended if ms is not None), default=batch_ms))
    end = _ms(at(part, "time", "end"))
    if end is not None and part.get("text"):
        return Clock(FINISHED, end)
    return Clock(OPEN, batch_ms)


def _ms(value: Any) -> int | None:
    """A time in milliseconds that fits into a rank; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1 << CLOCK_BITS:
        return None
    return int(value)

"""The calls of a session's turns, for the tabs beside its conversation: as many turns as one page looks at."""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from sync.archive import read_warm
from sync.pages.reading import ReadableSession
from sync.protocol.toolcalls import tool_outcome
from sync.protocol.untrusted import text_at
from sync.store import LOOKED, TurnRow, read_newest_turns, read_turn_parts
from sync.transcript import Entry, build_document, entry_of

# Of each page: so many turns at most have their calls read.
TURNS: Final = 30


class TurnPage(NamedTuple):
    """Turns that a tab shows, the newest first. `rest` is the message before which it goes on; empty at the end."""

    turns: tuple[TurnRow, ...]
    rest: str


class TurnParts(NamedTuple):
    """What was read of the turns: the session's own info, the calls of tools by turn, in the order that was asked for.

    `left_out` is the first turn of which not all was read; empty when all was.
    """

    epoch: str
    info: dict[str, Any]
    calls: dict[str, list[Entry]]
    left_out: str


def turn_page(reading: ReadableSession, before: str, is_wanted: Callable[[TurnRow], bool]) -> TurnPage:
    """The newest turns before a message that are wanted. Their rows are read, not their entries."""
    looked = read_newest_turns(reading.session.pk, before)
    wanted = [turn for turn in looked if is_wanted(turn)]
    if len(wanted) > TURNS:
        return TurnPage(tuple(wanted[:TURNS]), wanted[TURNS - 1].message_id)
    return TurnPage(tuple(wanted), looked[-1].message_id if len(looked) == LOOKED else "")


def turn_parts(reading: ReadableSession, message_ids: Sequence[str]) -> TurnParts:
    """The calls of these turns, as this reader sees them. Raises SessionGone."""
    row = reading.session
    window = reading.shown(read_warm(lambda: read_turn_parts(row.pk, row.client_id, message_ids)))
    calls: dict[str, list[Entry]] = {}
    for entry in filter(None, map(entry_of, window.rows)):
        if entry.name.kind == "part" and is_call(entry):
            calls.setdefault(entry.name.segments[0], []).append(entry)
    later = window.later.message_id if window.later is not None else ""
    return TurnParts(window.epoch, build_document(window.rows).info, calls, later)


def rest_after(page: TurnPage, left_out: str) -> str:
    """Where the next page begins when `left_out` is the first turn of this one that was not shown whole, if any.

    A turn that alone is more than a page goes on in the conversation only, so that there is always a next page.
    """
    ids = [turn.message_id for turn in page.turns]
    return ids[max(0, ids.index(left_out) - 1)] if left_out in ids else page.rest


def is_call(entry: Entry) -> bool:
    """Whether the part is a call of a tool; of one that was cut off, whether it looks like one."""
    return '"tool"' in entry.content and (entry.is_cut or text_at(entry.data, "type") == "tool")


def has_failed(entry: Entry) -> bool:
    return not entry.is_cut and tool_outcome(entry.data).has_failed

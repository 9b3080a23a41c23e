"""A session's turns: of each message who, when, which model, what it cost, and what its tools did. Pure.

The writer keeps a row for each turn, changed by what each written entry counts now less what it counted before. So
each entry is counted by itself here, and any order of writes gives the same rows. `TurnTally` counts a whole state.
"""

from operator import add, sub
from typing import Any, Final, NamedTuple

from sync.protocol.jsontext import read
from sync.protocol.legacy import modern_message
from sync.protocol.summary import message_summary
from sync.protocol.toolcalls import tool_outcome
from sync.protocol.untrusted import at, count_at, dict_at, dicts_at, list_at, storable_text, text_at

# A larger part counts nothing: agents cut the outputs of their tools at 50 KB, and the writer reads every part.
COUNTED_CHARACTERS: Final = 1_000_000
INNER_PARTS: Final = 500
# Of one call, so that sums fit into their columns whatever is claimed.
MOST_FILES: Final = 1_000
MOST_LINES: Final = 1_000_000
ROLE_CHARACTERS: Final = 20
AGENT_CHARACTERS: Final = 60
UNKNOWN_ROLE: Final = "unknown"
_EDITS: Final = frozenset({"edit", "write", "multiedit", "apply_patch", "patch"})


class TurnCounts(NamedTuple):
    """Calls of tools; those that failed, the message's own error included; changed files, as often as they changed."""

    tools: int = 0
    failures: int = 0
    files: int = 0
    additions: int = 0
    deletions: int = 0

    def plus(self, other: "TurnCounts") -> "TurnCounts":
        return TurnCounts(*map(add, self, other))

    def minus(self, other: "TurnCounts") -> "TurnCounts":
        return TurnCounts(*map(sub, self, other))


class TurnHead(NamedTuple):
    """What the message itself says. Times in ms since 1970, 0 for none; cost in micro-cents; without a message empty.

    `tokens` are those the model read and wrote, without its cache.
    """

    role: str = ""
    model: str = ""
    agent: str = ""
    started: int = 0
    finished: int = 0
    tokens: int = 0
    cost: int = 0


class TurnPlace(NamedTuple):
    message_id: str
    is_message: bool


NONE: Final = TurnCounts()
NO_HEAD: Final = TurnHead()


def turn_place(client_id: str, key: str) -> TurnPlace | None:
    """The turn that an entry belongs to; None for other entries."""
    segments = key.split("/")
    if len(segments) == 5 and segments[1] == "part" and segments[2] == client_id:
        return TurnPlace(segments[3], is_message=False)
    if len(segments) == 4 and segments[1] == "message" and segments[2] == client_id:
        return TurnPlace(segments[3], is_message=True)
    return None


def part_counts(content: str) -> TurnCounts:
    """What the JSON text of a part counts; nothing for an empty one."""
    # Nearly all parts are text: they are not even decoded. Nobody writes this word in escapes.
    if '"tool"' not in content or len(content) > COUNTED_CHARACTERS:
        return NONE
    return _call_counts(read(content))


def message_turn(content: str) -> tuple[TurnHead, TurnCounts]:
    """What a message's JSON text says, and what it counts by itself; both empty for an empty text."""
    if not content:
        return NO_HEAD, NONE
    source = dict_at(read(content))
    data, summary = modern_message(source), message_summary(source)
    tokens = summary.totals.tokens
    head = TurnHead(
        role=storable_text(text_at(data, "role"), ROLE_CHARACTERS) or UNKNOWN_ROLE,
        model=summary.model,
        agent=storable_text(text_at(data, "agent") or text_at(data, "mode"), AGENT_CHARACTERS),
        started=count_at(data, "time", "created"),
        finished=count_at(data, "time", "completed"),
        tokens=tokens["input"] + tokens["output"] + tokens["reasoning"],
        cost=summary.totals.cost,
    )
    counts = TurnCounts(failures=int(bool(dict_at(data, "error"))))
    for part in list_at(data, "parts")[:INNER_PARTS]:
        counts = counts.plus(_call_counts(part))
    return head, counts


def _call_counts(part: Any) -> TurnCounts:
    if text_at(part, "type") != "tool":
        return NONE
    if tool_outcome(part).has_failed:
        return TurnCounts(tools=1, failures=1)
    if text_at(part, "tool") not in _EDITS or text_at(part, "state", "status") != "completed":
        return TurnCounts(tools=1)
    return _changes(dict_at(part, "state", "metadata"), dict_at(part, "state", "input"))


def _changes(notes: dict[str, Any], given: dict[str, Any]) -> TurnCounts:
    """What an edit changed: as its agent counted it, else by its patch, else by what a new file holds."""
    files = dicts_at(notes, "files") or ([dict_at(notes, "filediff")] if dict_at(notes, "filediff") else [])
    if files:
        lines = [(count_at(each, "additions"), count_at(each, "deletions")) for each in files[:MOST_FILES]]
        added, removed = sum(added for added, _ in lines), sum(removed for _, removed in lines)
    else:
        patch, new = text_at(notes, "diff"), text_at(given, "content")
        added, removed = _marked(patch, "+"), _marked(patch, "-")
        if not patch and new and at(notes, "exists") is False:
            added = new.count("\n") + (not new.endswith("\n"))
    return TurnCounts(1, 0, max(1, len(files[:MOST_FILES])), min(added, MOST_LINES), min(removed, MOST_LINES))


def _marked(patch: str, sign: str) -> int:
    """The lines of a patch that begin with a sign, without the line that names the file."""
    return max(0, patch.count(f"\n{sign}") - patch.count(f"\n{sign * 3}"))


class TurnTally:
    """The turns of a whole state, or of one that goes on changing: the last value of each key counts."""

    def __init__(self, client_id: str) -> None:
        self._client_id = client_id
        self._heads: dict[str, TurnHead] = {}
        self._counts: dict[str, dict[str, TurnCounts]] = {}

    def put(self, key: str, content: str) -> None:
        """`content` is the entry's JSON text, empty for a removed one."""
        place = turn_place(self._client_id, key)
        if place is None:
            return
        if place.is_message:
            head, counts = message_turn(content)
            self._heads[place.message_id] = head
        else:
            counts = part_counts(content)
        of_turn = self._counts.setdefault(place.message_id, {})
        if counts == NONE:
            of_turn.pop(key, None)
        else:
            of_turn[key] = counts

    def turns(self) -> dict[str, tuple[TurnHead, TurnCounts]]:
        """By message id, in its order; turns that hold nothing are left out."""
        found = {}
        for message_id in sorted({*self._heads, *self._counts}):
            head, counts = self._heads.get(message_id, NO_HEAD), NONE
            for each in self._counts.get(message_id, {}).values():
                counts = counts.plus(each)
            if (head, counts) != (NO_HEAD, NONE):
                found[message_id] = (head, counts)
        return found

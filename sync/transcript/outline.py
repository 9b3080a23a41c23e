"""What leads through a page of a session: its turns by what was asked, and what its agent does now."""

from typing import Final, NamedTuple

from sync.render.fields import at, dict_at, number_at, text_at
from sync.render.wording import short_line
from sync.transcript.document import Document, Message

TITLE_CHARACTERS: Final = 90
# The agent may have begun several calls at once; the newest that still runs is named.
NEWEST_PARTS: Final = 20
_NAMES: Final = ("description", "command", "filePath", "pattern", "url", "query")
_DOING: Final = {"reasoning": "thinking", "text": "writing"}
_RUNNING: Final = ('"running"', '"pending"')


class OutlineTurn(NamedTuple):
    """A message of role user, by its id and the beginning of its text."""

    id: str
    title: str


class Activity(NamedTuple):
    """What an agent does now: a tool with what it is for, or one word. `began` is in ms since 1970, 0 for unknown."""

    tool: str
    title: str
    began: int


def outline_of(document: Document) -> tuple[OutlineTurn, ...]:
    """The turns of the document in reading order."""
    return tuple(OutlineTurn(each.id, _asked(each)) for each in document.messages if each.head.role == "user")


def activity_of(document: Document) -> Activity | None:
    """What the agent of a session that runs does, by its newest message; None when that has ended."""
    if not document.messages:
        return None
    message = document.messages[-1]
    data = message.entry.data
    if message.head.role != "assistant" or number_at(data, "time", "completed") or dict_at(data, "error"):
        return None
    for part in message.parts[: -NEWEST_PARTS - 1 : -1]:
        if any(word in part.entry.content for word in _RUNNING):
            found = _call(part.entry.data)
            if found is not None:
                return found
    kind = text_at(message.parts[-1].entry.data, "type") if message.parts else ""
    return Activity("", _DOING.get(kind, "working"), int(number_at(data, "time", "created") or 0))


def _asked(message: Message) -> str:
    for part in message.parts:
        data = part.entry.data
        if text_at(data, "type") == "text" and at(data, "synthetic") is not True:
            return short_line(text_at(data, "text"), TITLE_CHARACTERS) or "No text"
    return "No text"


def _call(data: object) -> Activity | None:
    state = dict_at(data, "state")
    if text_at(data, "type") != "tool" or text_at(state, "status") not in {"running", "pending"}:
        return None
    given = dict_at(state, "input")
    title = text_at(state, "title") or next(filter(None, (text_at(given, name) for name in _NAMES)), "")
    began = int(number_at(state, "time", "start") or 0)
    return Activity(short_line(text_at(data, "tool") or "tool", 80), short_line(title, TITLE_CHARACTERS), began)

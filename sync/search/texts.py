"""What an entry says that people look for: what they typed, answers, names of files, commands, errors. Pure.

What tools put out is left out but for the end of what failed, and so is what the agent added or thought by itself.
"""

from collections.abc import Iterator
from enum import IntEnum
from typing import Any, Final, NamedTuple

from sync.protocol.jsontext import read
from sync.protocol.keys import parse_key
from sync.protocol.legacy import modern_message
from sync.protocol.toolcalls import tool_outcome
from sync.protocol.untrusted import at, dict_at, dicts_at, list_at, text_at

READ_CHARACTERS: Final = 1_000_000
"""A larger entry says nothing: agents cut what their tools put out at 50 KB."""
INNER_PARTS: Final = 500
FILES: Final = 200
_FILE_FIELDS: Final = ("filePath", "path", "file", "notebook_path")
_ASKED_FIELDS: Final = ("command", "pattern", "query", "url", "description", "prompt")


class Kind(IntEnum):
    """What is said, the most telling first. TEXT becomes TYPED or ANSWER by the role of its message."""

    TITLE = 0
    TYPED = 1
    FILE = 2
    COMMAND = 3
    ERROR = 4
    ANSWER = 5
    TEXT = 6


class Said(NamedTuple):
    """One text of an entry; `message_id` is the message it belongs to, if any. Of some the end is what tells most."""

    kind: Kind
    text: str
    message_id: str = ""
    is_end: bool = False


class Role(NamedTuple):
    message_id: str
    is_person: bool


def entry_texts(key: str, content: str) -> Iterator[Said | Role]:
    """What the entry says, and of a message whose it is; nothing for an entry that is removed, or no part of a session.

    `content` is the entry's JSON text.
    """
    parsed = parse_key(key)
    if parsed is None or not content or len(content) > READ_CHARACTERS:
        return
    if parsed.kind == "info":
        data = read(content)
        yield Said(Kind.TITLE, text_at(data, "title"))
        yield Said(Kind.FILE, text_at(data, "directory"))
    elif parsed.kind == "message" and parsed.segments:
        yield from _message(read(content), parsed.segments[0])
    elif parsed.kind == "part" and parsed.segments:
        yield from _part(read(content), parsed.segments[0])
    elif parsed.kind == "diff":
        yield from _files(dicts_at({"all": read(content)}, "all"))


def _message(source: Any, message_id: str) -> Iterator[Said | Role]:
    data = modern_message(source)
    yield Role(message_id, text_at(data, "role") == "user")
    error = dict_at(data, "error")
    yield Said(Kind.ERROR, text_at(error, "message") or text_at(error, "data", "message"), is_end=True)
    for part in list_at(data, "parts")[:INNER_PARTS]:
        yield from _part(part, message_id)


def _part(part: Any, message_id: str) -> Iterator[Said]:
    kind = text_at(part, "type")
    if kind == "text" and at(part, "synthetic") is not True and at(part, "ignored") is not True:
        yield Said(Kind.TEXT, text_at(part, "text"), message_id)
    elif kind == "tool":
        yield from _tool(part)
    elif kind == "file":
        yield Said(Kind.FILE, text_at(part, "filename"))
        yield Said(Kind.FILE, text_at(part, "source", "path"))
    elif kind == "patch":
        yield from (Said(Kind.FILE, name) for name in list_at(part, "files")[:FILES] if isinstance(name, str))


def _tool(part: Any) -> Iterator[Said]:
    given = dict_at(part, "state", "input")
    yield from (Said(Kind.FILE, text_at(given, name)) for name in _FILE_FIELDS)
    yield from (Said(Kind.COMMAND, text_at(given, name)) for name in _ASKED_FIELDS)
    yield from _files(dicts_at(part, "state", "metadata", "files"))
    if tool_outcome(part).has_failed:
        yield Said(Kind.ERROR, text_at(part, "state", "error"), is_end=True)
        yield Said(Kind.ERROR, text_at(part, "state", "output"), is_end=True)


def _files(files: list[dict[str, Any]]) -> Iterator[Said]:
    for each in files[:FILES]:
        yield Said(Kind.FILE, text_at(each, "file") or text_at(each, "filePath"))

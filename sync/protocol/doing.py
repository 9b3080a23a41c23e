"""What an agent does at this moment, from the newest parts of its session. Pure, and tolerant of any input."""

import posixpath
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from sync.protocol.jsontext import read
from sync.protocol.summary import OPEN_TOOL_STATES
from sync.protocol.untrusted import count_at, dict_at, storable_text, text_at

ABOUT_CHARACTERS: Final = 60
TOOL_CHARACTERS: Final = 30
# What says most about a call, by the names that agents' tools give their inputs.
_PATHS: Final = ("filePath", "path")
_TEXTS: Final = ("command", "pattern", "query", "url", "description", "prompt")
_WORDS: Final = {"text": "writing", "reasoning": "thinking"}


class Doing(NamedTuple):
    """`what` is a tool's name, or what the model does; `about` the call's command or file, in one short line.

    `since` is in ms since 1970, 0 where the agent does not say.
    """

    what: str
    about: str = ""
    since: int = 0


def doing_of(contents: Iterable[str]) -> Doing | None:
    """From the JSON texts of a session's newest parts, the newest first; None when they say nothing about it.

    A tool that has not answered counts most, then whether the model writes or thinks.
    """
    parts = [dict_at(read(content)) for content in contents if content]
    for part in parts:
        if text_at(part, "type") == "tool" and text_at(part, "state", "status") in OPEN_TOOL_STATES:
            return _call(part)
    words = _WORDS.get(text_at(parts[0], "type")) if parts else None
    return Doing(words, since=count_at(parts[0], "time", "start")) if words else None


def _call(part: dict[str, Any]) -> Doing:
    tool = storable_text(text_at(part, "tool"), TOOL_CHARACTERS) or "a tool"
    return Doing(tool, _about(dict_at(part, "state", "input")), count_at(part, "state", "time", "start"))


def _about(given: dict[str, Any]) -> str:
    path = next(filter(None, (text_at(given, name) for name in _PATHS)), "")
    text = posixpath.basename(path.rstrip("/")) or next(filter(None, (text_at(given, name) for name in _TEXTS)), "")
    line = " ".join(storable_text(text, 1000).split())
    return line if len(line) <= ABOUT_CHARACTERS else f"{line[: ABOUT_CHARACTERS - 1]}…"

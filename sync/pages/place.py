"""Which page of a long session: the newest, the one before or from a position, or one entry alone."""

from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlencode

from django.http import HttpRequest

from opencode.lib.errors import NotFound
from sync.protocol.keys import is_session_id, parse_key
from sync.store import EntryPosition

NAMES: Final = ("before", "at", "entry")
CHUNK_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class PagePosition:
    """A place in a session: the newest page, or the one that one of the first three fields names.

    With an `entry`, `chunk` is a page of its output, and `is_raw` that output as plain text. `is_failure`: wherever the
    first failure is.
    """

    before: EntryPosition | None = None
    at: EntryPosition | None = None
    entry: str = ""
    chunk: int | None = None
    is_raw: bool = False
    is_failure: bool = False

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        """The place that the request's query names. Raises NotFound for a query that no link of the console has."""
        if "failed" in request.GET:
            return cls(is_failure=True)
        for name in NAMES:
            text = request.GET.get(name)
            if text and name == "entry":
                if parse_key(text) is None:
                    raise NotFound
                return cls(entry=text, chunk=_number(request.GET.get("chunk")), is_raw="raw" in request.GET)
            if text:
                return cls(before=_position(text)) if name == "before" else cls(at=_position(text))
        return cls()

    @property
    def is_newest(self) -> bool:
        return self == PagePosition()

    def __str__(self) -> str:
        chunk = "" if self.chunk is None else self.chunk
        return f"{self.before or ''}\0{self.at or ''}\0{self.entry}\0{chunk}"


def link(name: str, position: EntryPosition | None) -> str:
    """The query string that leads to a position; empty for None."""
    return "?" + urlencode({name: str(position)}, safe="/:@") if position is not None else ""


def _position(text: str) -> EntryPosition:
    message_id, _, part_id = text.partition("/")
    if not is_session_id(message_id) or (part_id and not is_session_id(part_id)):
        raise NotFound
    return EntryPosition(message_id, part_id)


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > CHUNK_DIGITS:
        raise NotFound
    return int(text)

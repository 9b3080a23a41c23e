"""Which page of a long session: the newest, the one before or from a position, or one entry alone."""

from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlencode

from django.http import HttpRequest

from opencode.lib.errors import NotFound
from sync.protocol.keys import is_session_id, parse_key
from sync.store import EntryPosition

NAMES: Final = ("before", "at", "entry")


@dataclass(frozen=True, slots=True)
class PagePosition:
    """A place in a session; at most one field is set, none means the newest page."""

    before: EntryPosition | None = None
    at: EntryPosition | None = None
    entry: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        """The place that the request's query names. Raises NotFound for a query that no link of the console has."""
        for name in NAMES:
            text = request.GET.get(name)
            if text and name == "entry":
                if parse_key(text) is None:
                    raise NotFound
                return cls(entry=text)
            if text:
                return cls(before=_position(text)) if name == "before" else cls(at=_position(text))
        return cls()

    @property
    def is_newest(self) -> bool:
        return self == PagePosition()

    def __str__(self) -> str:
        return f"{self.before or ''}\0{self.at or ''}\0{self.entry}"


def link(name: str, position: EntryPosition | None) -> str:
    """The query string that leads to a position; empty for None."""
    return "?" + urlencode({name: str(position)}, safe="/:@") if position is not None else ""


def _position(text: str) -> EntryPosition:
    message_id, _, part_id = text.partition("/")
    if not is_session_id(message_id) or (part_id and not is_session_id(part_id)):
        raise NotFound
    return EntryPosition(message_id, part_id)

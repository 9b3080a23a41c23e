"""Presence: the readers of one session, in this process and, as far as they have announced them, in the others.

Nothing of it is stored. Every process announces its own readers at each change and each heartbeat; what is not repeated
within two heartbeats is forgotten, so a process that died leaves no one shown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sync.protocol.frames import encode

SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class Person:
    """One connection: `kind` is web, ide, desktop or agent; `name` is empty for a reader who only has the link."""

    id: str
    name: str
    kind: str
    state: Mapping[str, Any]


class PresenceBoard:
    """The people at one session."""

    def __init__(self) -> None:
        self._here: dict[str, Person] = {}
        self._elsewhere: dict[str, tuple[float, list[Person]]] = {}
        self._texts: dict[bool, str] = {}

    @property
    def here(self) -> list[Person]:
        """The people connected to this process."""
        return list(self._here.values())

    def put(self, person: Person) -> None:
        self._here[person.id] = person
        self._texts.clear()

    def remove(self, person_id: str) -> None:
        self._here.pop(person_id, None)
        self._texts.clear()

    def hear(self, process: str, people: Iterable[Person], until: float) -> bool:
        """Take the people another process announces, valid until then; whether that changed anything."""
        told = list(people)
        before = self._elsewhere.get(process, (0.0, []))[1]
        if told:
            self._elsewhere[process] = (until, told)
        else:
            self._elsewhere.pop(process, None)
        return self._changed(told != before)

    @property
    def heard_until(self) -> float | None:
        """When the first of the other processes' announcements expires, None without any; in the loop's seconds."""
        return min((until for until, _ in self._elsewhere.values()), default=None)

    def invalidate(self, now: float) -> bool:
        """Drop announcements that have expired; whether there were any."""
        silent = [process for process, (until, _) in self._elsewhere.items() if until <= now]
        for process in silent:
            del self._elsewhere[process]
        return self._changed(bool(silent))

    def text(self, *, with_names: bool) -> str:
        """The presence frame, encoded once for all; without names and states for readers who only have the link."""
        if with_names not in self._texts:
            everybody = [*self.here, *(person for _, people in self._elsewhere.values() for person in people)]
            shown = [_shown(person, with_names) for person in everybody[:SHOWN]]
            self._texts[with_names] = encode({"type": "presence", "count": len(everybody), "people": shown})
        return self._texts[with_names]

    def _changed(self, changed: bool) -> bool:
        if changed:
            self._texts.clear()
        return changed


def _shown(person: Person, with_names: bool) -> dict[str, Any]:
    return {
        "id": person.id,
        "name": person.name if with_names else "",
        "kind": person.kind,
        "state": person.state if with_names else {},
    }

"""Announces who is at a session: merges this process's changes, sends them to the others, and takes in theirs."""

import asyncio
import secrets
from collections.abc import Mapping
from typing import Any, Final

from sync.live.fanout import Fanout
from sync.live.hub import HubRegistry, Person, SessionHub

PRESENCE: Final = "sync.live.presence"
"""The kind of the layer's messages."""
MERGE_SECONDS: Final = 1.0
# A process announces at most so many people to the others.
TOLD: Final = 200


class Presence:
    """One per process. The next heartbeat makes good for any lost message."""

    def __init__(self, hubs: HubRegistry, fanout: Fanout, heartbeat_seconds: float) -> None:
        self._hubs = hubs
        self._fanout = fanout
        # Repeated with every heartbeat; what is not repeated has left the screens within two.
        self._kept_seconds = heartbeat_seconds * 2 - MERGE_SECONDS
        self._process = secrets.token_hex(6)
        self._due: dict[int, asyncio.TimerHandle] = {}
        self._watched: dict[int, asyncio.TimerHandle] = {}
        fanout.at_message(PRESENCE, self.hear)

    def join(self, hub: SessionHub, person: Person) -> None:
        hub.presence.put(person)
        self._tell_soon(hub)

    def leave(self, hub: SessionHub, person_id: str) -> None:
        hub.presence.remove(person_id)
        self._tell_soon(hub)

    def hear(self, message: Mapping[str, Any]) -> None:
        """Take in what another process announces of its people."""
        hub = next(self._hubs.of_session(message["session"]), None)
        if hub is None or message["process"] == self._process:
            return
        until = asyncio.get_running_loop().time() + self._kept_seconds
        if hub.presence.hear(message["process"], [Person(*person) for person in message["people"]], until):
            self._tell_soon(hub)
        self._watch(hub)

    def beat(self) -> None:
        """Announce again who is here."""
        for session_id in self._hubs.session_ids:
            hub = next(self._hubs.of_session(session_id), None)
            if hub is not None and hub.presence.here:
                self._announce(hub)

    def _watch(self, hub: SessionHub) -> None:
        """Look again when the first of the other processes' announcements expires."""
        until = hub.presence.heard_until
        if until is not None and hub.session_id not in self._watched:
            self._watched[hub.session_id] = asyncio.get_running_loop().call_at(until, self._invalidate, hub)

    def _invalidate(self, hub: SessionHub) -> None:
        del self._watched[hub.session_id]
        if hub.presence.invalidate(asyncio.get_running_loop().time()):
            self._tell_soon(hub)
        self._watch(hub)

    def _tell_soon(self, hub: SessionHub) -> None:
        """Announce changes at most once in MERGE_SECONDS, however many people come and go."""
        if hub.session_id not in self._due:
            loop = asyncio.get_running_loop()
            self._due[hub.session_id] = loop.call_later(MERGE_SECONDS, self._tell, hub)

    def _tell(self, hub: SessionHub) -> None:
        self._due.pop(hub.session_id, None)
        for each in self._hubs.of_session(hub.session_id):
            each.publish_presence()
        self._announce(hub)

    def _announce(self, hub: SessionHub) -> None:
        people = [[person.id, person.name, person.kind, dict(person.state)] for person in hub.presence.here[:TOLD]]
        self._fanout.broadcast(hub.session_id, {"type": PRESENCE, "process": self._process, "people": people})

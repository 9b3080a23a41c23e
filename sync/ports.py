"""What sessions' pages show of the apps above: functions that those bind."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.utils.safestring import SafeString

from opencode.lib.ports import Port


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a session's agent waits for: how many asks, since when the oldest, and for whom (ids of people)."""

    count: int
    since: datetime
    people: frozenset[str]


open_ask_keys: Port[[int], Sequence[str]] = Port("open_ask_keys", default=lambda _session_id: ())
"""The keys of the entries of what the agent of the session with this row id waits for, the oldest first."""

waiting_sessions: Port[[Collection[int]], Mapping[int, Waiting]] = Port(
    "waiting_sessions", default=lambda _session_ids: {}
)
"""Those of the sessions with these row ids whose agents wait for somebody."""

session_controls: Port[[HttpRequest, str, str], SafeString] = Port(
    "session_controls", default=lambda _request, _workspace_id, _client_id: SafeString()
)
"""What whoever looks may do to the agent of the workspace's session of this client id, as HTML; empty for most."""

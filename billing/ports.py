"""What billing's pages show of the apps above: functions that those bind."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from opencode.lib.ports import Port


@dataclass(frozen=True, slots=True)
class CallFacts:
    """How a model call went. `end` is in words; `provider` is the name of the key that served it, empty if unknown.

    `status` is what the client got, 0 for nothing; times are milliseconds, `first_byte_ms` None without an answer.
    """

    model: str
    end: str
    is_complete: bool
    status: int
    code: str
    attempts: int
    first_byte_ms: int | None
    ms: int
    provider: str
    session_id: str
    member_id: str
    at: datetime


call_facts: Port[[str, Collection[str]], Mapping[str, CallFacts]] = Port("call_facts", default=lambda *_: {})
"""How the calls with these request ids went, by id, those that are known; takes the workspace's id first."""

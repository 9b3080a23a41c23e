"""What lists show of a session, read from its info and messages as they are written.

Pure and tolerant: anything untrusted that does not fit is skipped, never an error.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from opencode.lib.money import from_dollars
from sync.protocol.jsontext import read
from sync.protocol.untrusted import at, count_at, dict_at, number_at, storable_text, text_at

TITLE_CHARACTERS: Final = 300
MODEL_CHARACTERS: Final = 200
VERSION_CHARACTERS: Final = 40
STATE_COLUMNS: Final = ("is_running", "has_failed", "has_open_tool")
"""The columns of a session that say what its agent does, as far as it has told."""
STOPPED: Final = "MessageAbortedError"
"""The agent's name for the end of a message that a person stopped."""
OPEN_TOOL_STATES: Final = ("pending", "running")
OPEN_TOOL: Final = tuple(f'"{state}"' for state in OPEN_TOOL_STATES)
_MOST_DOLLARS: Final = 10**9
_TOKEN_FIELDS: Final = ("input", "output", "reasoning", "cache_read", "cache_write")


@dataclass(slots=True)
class Totals:
    """Cost in micro-cents and tokens by class."""

    cost: int = 0
    tokens: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_TOKEN_FIELDS, 0))

    def minus(self, other: "Totals") -> "Totals":
        return Totals(self.cost - other.cost, {name: self.tokens[name] - other.tokens[name] for name in _TOKEN_FIELDS})

    def plus(self, other: "Totals") -> "Totals":
        return Totals(self.cost + other.cost, {name: self.tokens[name] + other.tokens[name] for name in _TOKEN_FIELDS})


@dataclass(slots=True)
class InfoSummary:
    """Read from `session/info`; `totals` is None when the agent does not count by session (older ones do not)."""

    title: str = ""
    version: str = ""
    model: str = ""
    totals: Totals | None = None


@dataclass(slots=True)
class MessageSummary:
    """Read from one `session/message`; `running` is None for a message that is not the assistant's.

    One that a person stopped has not failed. `reports_cost` is True for a cost that cannot be one, too.
    """

    model: str = ""
    running: bool | None = None
    failed: bool = False
    reports_cost: bool = False
    totals: Totals = field(default_factory=Totals)


@dataclass(slots=True)
class StateSummary:
    """What messages and parts, taken in the order of their numbers, change of STATE_COLUMNS."""

    changes: dict[str, bool] = field(default_factory=dict)

    def take_message(self, message: MessageSummary) -> None:
        if message.running is None:
            return
        self.changes |= {"is_running": message.running, "has_failed": message.failed}
        if not message.running:
            self.changes["has_open_tool"] = False

    def take_part(self, content: str) -> None:
        is_open = read_open_tool(content)
        if is_open is not None:
            self.changes["has_open_tool"] = is_open


def read_info(content: str) -> InfoSummary:
    data = dict_at(read(content))
    has_totals = number_at(data, "cost") is not None or isinstance(data.get("tokens"), dict)
    return InfoSummary(
        title=storable_text(text_at(data, "title"), TITLE_CHARACTERS),
        version=storable_text(text_at(data, "version"), VERSION_CHARACTERS),
        model=_model(dict_at(data, "model"), "id"),
        totals=_totals(data) if has_totals else None,
    )


def read_message(content: str) -> MessageSummary:
    """A message's model, state and share of the totals; agents of 0.1.x keep them in `metadata.assistant`."""
    return message_summary(dict_at(read(content)))


def message_summary(data: Mapping[str, Any]) -> MessageSummary:
    """The same of a message that is decoded already."""
    if data.get("role") != "assistant":
        return MessageSummary(model=_model(dict_at(data, "model"), "modelID"))
    counted = data if "cost" in data or "tokens" in data else dict_at(data, "metadata", "assistant") or data
    error = data.get("error") or at(data, "metadata", "error")
    finished = at(data, "time", "completed") or error or counted is not data
    failed = bool(error) and text_at(error, "name") != STOPPED
    totals = _totals(counted)
    reports = bool(counted.get("cost")) or any(totals.tokens.values())
    return MessageSummary(_model(counted, "modelID"), not finished, failed, reports, totals)


def read_open_tool(content: str) -> bool | None:
    """From one `session/part`: whether it is a tool that has not answered yet; None for a part that is no tool."""
    if '"tool"' not in content:
        return None
    # What has answered can be long, and is not decoded for this.
    if not any(word in content for word in OPEN_TOOL):
        return False
    data = dict_at(read(content))
    return text_at(data, "state", "status") in OPEN_TOOL_STATES if data.get("type") == "tool" else None


def _model(data: Mapping[str, Any], name: str) -> str:
    model, provider = text_at(data, name), text_at(data, "providerID")
    return storable_text(f"{provider}/{model}" if model and provider else model, MODEL_CHARACTERS)


def _totals(data: Mapping[str, Any]) -> Totals:
    tokens = dict_at(data, "tokens")
    counts = [count_at(tokens, name) for name in ("input", "output", "reasoning")]
    cached = [count_at(tokens, "cache", name) for name in ("read", "write")]
    return Totals(_cost(data), dict(zip(_TOKEN_FIELDS, counts + cached, strict=True)))


def _cost(data: Mapping[str, Any]) -> int:
    """The agent's cost in dollars as micro-cents; 0 for what cannot be a cost."""
    dollars = number_at(data, "cost")
    return from_dollars(dollars) if dollars is not None and dollars < _MOST_DOLLARS else 0

"""What the lists show of a session, read off its info and messages as they are written. Pure and tolerant:
anything untrusted that does not fit is passed over, never an error.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from opencode.lib.money import from_dollars

TITLE_CHARACTERS = 300
MODEL_CHARACTERS = 200
VERSION_CHARACTERS = 40
_MOST_DOLLARS = 10**9
_TOKEN_FIELDS = ("input", "output", "reasoning", "cache_read", "cache_write")


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
    """From `session/info`; `totals` is None when the agent does not count by session (older ones do not)."""

    title: str = ""
    version: str = ""
    model: str = ""
    totals: Totals | None = None


@dataclass(slots=True)
class MessageSummary:
    """From one `session/message`; `running` is None for a message that is not the assistant's."""

    model: str = ""
    running: bool | None = None
    totals: Totals = field(default_factory=Totals)


def read_info(content: str) -> InfoSummary:
    data = _mapping(_decoded(content))
    has_totals = _is_number(data.get("cost")) or isinstance(data.get("tokens"), dict)
    return InfoSummary(
        title=_text(data.get("title"), TITLE_CHARACTERS),
        version=_text(data.get("version"), VERSION_CHARACTERS),
        model=_model(_mapping(data.get("model")), "id"),
        totals=_totals(data) if has_totals else None,
    )


def read_message(content: str) -> MessageSummary:
    """A message's share of the totals; 0.1.x keeps them in `metadata.assistant`."""
    data = _mapping(_decoded(content))
    if data.get("role") != "assistant":
        return MessageSummary(model=_model(_mapping(data.get("model")), "modelID"))
    counted = data if "cost" in data or "tokens" in data else _mapping(_mapping(data.get("metadata")).get("assistant"))
    finished = _mapping(data.get("time")).get("completed") or data.get("error") or counted is not data
    return MessageSummary(model=_model(counted, "modelID"), running=not finished, totals=_totals(counted))


def _decoded(content: str) -> Any:
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any, length: int) -> str:
    if not isinstance(value, str):
        return ""
    return value.replace("\0", "").encode("utf-8", "replace").decode()[:length]


def _model(data: Mapping[str, Any], name: str) -> str:
    model, provider = data.get(name), data.get("providerID")
    if not isinstance(model, str) or not model:
        return ""
    return _text(f"{provider}/{model}" if isinstance(provider, str) and provider else model, MODEL_CHARACTERS)


def _totals(data: Mapping[str, Any]) -> Totals:
    tokens = _mapping(data.get("tokens"))
    cache = _mapping(tokens.get("cache"))
    counts = [tokens.get("input"), tokens.get("output"), tokens.get("reasoning"), cache.get("read"), cache.get("write")]
    return Totals(_cost(data.get("cost")), dict(zip(_TOKEN_FIELDS, map(_count, counts), strict=True)))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _count(value: Any) -> int:
    return int(value) if _is_number(value) and 0 <= value < 2**53 else 0


def _cost(value: Any) -> int:
    """Dollars as the agent counts them, to micro-cents; what could not be a cost counts as none."""
    if not _is_number(value) or not 0 <= value < _MOST_DOLLARS:
        return 0
    return from_dollars(value)

"""What a message says its model cost, and when: the reported usage of a session.

Pure and tolerant: what cannot be a cost is left out under a code, never an error. Amounts are micro-cents.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from billing.pricing.classes import Tokens
from opencode.lib.money import MICRO_CENTS_PER_DOLLAR, from_dollars
from sync.protocol.jsontext import read
from sync.protocol.untrusted import at, count_at, dict_at, storable_text, text_at

MODEL_CHARACTERS: Final = 190
COST_MAX: Final = 10_000 * MICRO_CENTS_PER_DOLLAR
"""No message costs more; and a sum of nine million such costs fits into a bigint."""
TOKENS_MAX: Final = 100_000_000
EARLIEST: Final = datetime(2020, 1, 1, tzinfo=UTC)
AHEAD: Final = timedelta(days=1)
"""How far the clock of an agent's machine may be ahead."""
_KEPT: Final = ("role", "modelID", "providerID", "cost", "tokens", "time")


@dataclass(frozen=True, slots=True)
class ReportedCost:
    """One message's cost. `same_as` is equal for copies of one finished message, and empty while it is not finished.

    With a `refused` code (`cost_malformed`, `cost_too_large`, `time_malformed`) cost and tokens are 0; `day` is then
    the day it was read on.
    """

    model: str
    at: datetime
    cost: int
    tokens: Tokens = field(default_factory=Tokens)
    same_as: str = ""
    refused: str = ""


def reported_cost(content: str, *, now: datetime) -> ReportedCost | None:
    """The cost in an entry `session/message`; None for a message that reports none: a person's, or one just begun."""
    data = dict_at(read(content))
    if data.get("role") != "assistant":
        return None
    counted = data if "cost" in data or "tokens" in data else dict_at(data, "metadata", "assistant")
    tokens = _tokens(counted)
    dollars = counted.get("cost") or 0
    if dollars == 0 and tokens == Tokens():
        return None
    model, moment = _model(counted), _moment(data)
    if moment is None or not EARLIEST <= moment <= now + AHEAD:
        return ReportedCost(model, now, 0, refused="time_malformed")
    if not _is_amount(dollars):
        return ReportedCost(model, moment, 0, refused="cost_malformed")
    if dollars * MICRO_CENTS_PER_DOLLAR > COST_MAX:
        return ReportedCost(model, moment, 0, refused="cost_too_large")
    cost = from_dollars(dollars)
    return ReportedCost(model, moment, cost, tokens, same_as=_same_as(data, model, moment, cost, tokens))


def reported_extract(content: str) -> str:
    """The message's JSON with nothing but what `reported_cost` reads; empty when it reports no cost."""
    data = dict_at(read(content))
    if data.get("role") != "assistant":
        return ""
    kept: dict[str, Any] = {name: data[name] for name in _KEPT if name in data}
    assistant = dict_at(data, "metadata", "assistant")
    if assistant:
        inner = {name: assistant[name] for name in _KEPT if name in assistant}
        kept["metadata"] = {"assistant": inner, "time": dict_at(data, "metadata", "time")}
    text = json.dumps(kept)
    return text if len(text) < 10_000 and (kept.get("cost") or kept.get("tokens") or assistant) else ""


def _is_amount(dollars: object) -> bool:
    if isinstance(dollars, bool) or not isinstance(dollars, int | float):
        return False
    return dollars >= 0 and (isinstance(dollars, int) or math.isfinite(dollars))


def _moment(data: Mapping[str, Any]) -> datetime | None:
    """When the message was begun; agents of 0.1.x keep its times in `metadata`."""
    ms = count_at(data, "time", "created") or count_at(data, "metadata", "time", "created")
    try:
        return datetime.fromtimestamp(ms / 1000, UTC) if ms else None
    except (OverflowError, OSError, ValueError):
        return None


def _model(data: Mapping[str, Any]) -> str:
    model, provider = text_at(data, "modelID"), text_at(data, "providerID")
    return storable_text(f"{provider}/{model}" if model and provider else model, MODEL_CHARACTERS)


def _tokens(data: Mapping[str, Any]) -> Tokens:
    """Cache writes count as the five minutes' kind: agents do not say which."""
    tokens = dict_at(data, "tokens")
    counts = {name: count_at(tokens, name) for name in ("input", "output", "reasoning")}
    counts |= {"cache_read": count_at(tokens, "cache", "read"), "cache_write_5m": count_at(tokens, "cache", "write")}
    return Tokens(**{name: count if count <= TOKENS_MAX else 0 for name, count in counts.items()})


def _same_as(data: Mapping[str, Any], model: str, moment: datetime, cost: int, tokens: Tokens) -> str:
    """A fork of a session copies its messages under new ids, with all of this unchanged to the millisecond."""
    finished = at(data, "time", "completed")
    if not finished:
        return ""
    told = json.dumps([model, moment.timestamp(), finished, cost, tokens.by_class()])
    return hashlib.blake2b(told.encode("utf-8", "replace"), digest_size=16).hexdigest()

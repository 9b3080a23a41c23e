"""From what an answer said it used to the parts that are charged."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from billing.pricing.book import PriceBook
from billing.pricing.explain import Request
from billing.services.usage import usage_parts
from billing.services.work import UsageDetails
from gateway.providers.kinds import Form
from gateway.wire.answering.watchers import USAGE_FORMATS


@dataclass(frozen=True, slots=True)
class Bill:
    """What is settled for a call. `body` is the usage object as JSON, `fingerprint` identifies it."""

    parts: tuple[UsageDetails, ...]
    wire_format: str
    body: str
    fingerprint: str

    @property
    def quarantined(self) -> str:
        return next((part.quarantined for part in self.parts if part.quarantined), "")


@dataclass(frozen=True, slots=True)
class Basis:
    """What a bill is made by. `ceiling` is what was reserved; `context_window` is the model's, in tokens."""

    form: Form
    price_name: str
    context_window: int
    ceiling: int
    book: PriceBook


def bill_of(basis: Basis, usage: dict[str, Any], context: dict[str, str], *, is_estimated: bool, now: datetime) -> Bill:
    """A usage object that cannot be priced is quarantined, and the ceiling charged for it; an estimate is at most that.

    What a provider reports is charged as it is; where that is above the ceiling, the host carries the difference.
    """
    wire_format = USAGE_FORMATS[basis.form]
    asked: dict[str, object] = {**context, "context_window": basis.context_window}
    request = Request(wire_format, usage, now, model=basis.price_name, context=asked)
    parts = usage_parts(request, book=basis.book)
    if any(part.quarantined for part in parts):
        bound = replace(parts[0], cost=basis.ceiling, is_estimated=True)
        parts = (bound, *(replace(part, cost=0) for part in parts[1:]))
    elif is_estimated:
        parts = _at_most(parts, basis.ceiling)
    body = msgspec.json.encode(usage)
    fingerprint = hashlib.sha256(wire_format.encode() + body).hexdigest()
    return Bill(parts, wire_format, body.decode(), fingerprint)


def _at_most(parts: tuple[UsageDetails, ...], most: int) -> tuple[UsageDetails, ...]:
    bounded, left = [], most
    for part in parts:
        cost = min(part.cost, left)
        left -= cost
        bounded.append(replace(part, cost=cost, is_estimated=True))
    return tuple(bounded)

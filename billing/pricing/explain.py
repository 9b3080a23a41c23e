"""Explains the charge for a provider's usage body: rows by model, classes, prices, and the sum."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from billing.pricing.context import normalized
from billing.pricing.cost import Cost, cost_of
from billing.pricing.prices import Price
from billing.pricing.quarantine import Code, Quarantined
from billing.pricing.tokens import Pass, UsageReading, usage_read


@dataclass(frozen=True, slots=True)
class Priced:
    """A price and the version of its list; `context_window` is None when unknown."""

    price: Price
    context_window: int | None = None
    version: int | None = None


FindPrice = Callable[[str | None, Mapping[str, str], datetime], Priced | None]
"""Prices by model (None: the requested one), context and time; None when it need not be priced. Raises Quarantined."""


@dataclass(frozen=True, slots=True)
class Request:
    """A usage body and what its provider did not state in it.

    `context` is added to the body's own. `units`, if given, replace those of the body.
    """

    wire_format: str
    usage: object
    at: datetime
    model: str | None = None
    context: Mapping[str, object] = field(default_factory=dict)
    units: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """The content of one usage row. `model` is None for the requested model; `cost` is None without a price."""

    model: str | None
    done: Pass
    units: Mapping[str, int]
    context: Mapping[str, str]
    cost: Cost | None
    version: int | None


def rows_of(request: Request, find_price: FindPrice) -> list[Row]:
    """One row a model. Raises Quarantined, and then no part of the request is charged."""
    reading = usage_read(request.wire_format, request.usage)
    context = dict(reading.context) | normalized(request.context)
    return [_row(done, request, reading, context, find_price) for done in _joined(reading, request.model)]


def _joined(reading: UsageReading, model: str | None) -> list[Pass]:
    """The passes; an advisor that is the requested model itself shares its row."""
    own, *others = reading.passes
    same = [done for done in others if model is not None and done.model == model]
    for done in same:
        own = own.joined(done)
    return [own, *(done for done in others if done not in same)]


def _row(done: Pass, request: Request, reading: UsageReading, context: Mapping[str, str], find_price: FindPrice) -> Row:
    units = (reading.units if request.units is None else request.units) if done.model is None else {}
    found = find_price(done.model, context, request.at)
    window = _window(request, done, found)
    # Each search or other tool that the provider runs reads the prompt once more.
    if window is not None and done.prompt > window * (1 + sum(units.values())):
        raise Quarantined(Code.PROMPT_EXCEEDS_CONTEXT_WINDOW, "usage")
    if found is None:
        return Row(done.model, done, units, context, None, None)
    cost = cost_of(done.tokens, found.price, prompt=done.prompt, units=units)
    return Row(done.model, done, units, context, cost, found.version)


def _window(request: Request, done: Pass, found: Priced | None) -> int | None:
    """The context window stated with the request, for the requested model; otherwise the price list's."""
    stated = request.context.get("context_window")
    if done.model is None and type(stated) is int:
        return stated
    return found.context_window if found else None


def row_written(row: Row) -> dict[str, Any]:
    """The row as `usage_explain` prints it: `numerator` is a string, as it may exceed what a double holds exactly."""
    cost = row.cost
    written: dict[str, Any] = {"model": row.model, "tokens": row.done.tokens.by_class()}
    written |= {"numerator": str(cost.numerator), "micro_cents": cost.micro_cents} if cost else _UNPRICED
    written |= {"units": dict(row.units)} if row.units else {}
    written |= {"context": dict(row.context)} if row.context else {}
    if cost:
        written |= {"tier_from": cost.tier_start, "price_version": row.version}
        written["parts"] = [
            {"name": part.name, "count": part.count, "price": part.price, "micro_cents": part.micro_cents}
            for part in cost.parts
        ]
    return written


_UNPRICED: Final[dict[str, None]] = {"numerator": None, "micro_cents": None}

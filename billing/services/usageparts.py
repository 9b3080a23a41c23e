"""Prices a usage body into the parts of a request, or says why it cannot be priced."""

from dataclasses import replace
from typing import Final

from billing.pricing.book import PriceBook
from billing.pricing.context import spelled
from billing.pricing.explain import Request, Row, rows_of
from billing.pricing.quarantine import Code, Quarantined
from billing.selectors.prices import prices_in_force
from billing.services.work import AMOUNT_MAX, UsageDetails

MODEL_CHARACTERS: Final = 190
CONTEXT_CHARACTERS: Final = 160
PRICE_MISSING: Final = frozenset(
    {Code.MODEL_WITHOUT_PRICE, Code.CONTEXT_WITHOUT_PRICE, Code.CLASS_WITHOUT_PRICE, Code.UNIT_WITHOUT_PRICE}
)
"""Of these only the price is missing: once there is one, the row's own counts give its cost."""


def usage_parts(request: Request, *, book: PriceBook | None = None) -> tuple[UsageDetails, ...]:
    """The parts of a usage body, by the prices in force when it was answered; `book` spares reading them for each body.

    A body that cannot be priced has parts without cost that say why: its tokens when only a price is missing, else one
    part without tokens.
    """
    try:
        rows = rows_of(request, prices_in_force(request.model, book))
        if any(row.cost is None for row in rows):
            raise Quarantined(Code.MODEL_WITHOUT_PRICE, "model")
        if any(row.cost is not None and row.cost.micro_cents > AMOUNT_MAX for row in rows):
            raise Quarantined(Code.COUNT_TOO_LARGE, "usage")
    except Quarantined as reason:
        return _unpriced(request, reason)
    return tuple(_part(row, request) for row in rows)


def _unpriced(request: Request, reason: Quarantined) -> tuple[UsageDetails, ...]:
    parts: tuple[UsageDetails, ...] = (UsageDetails(_model_of(request, None), 0),)
    if reason.code in PRICE_MISSING:
        parts = tuple(_part(row, request) for row in rows_of(request, lambda _model, _context, _at: None))
    return tuple(replace(part, quarantined=reason.code.value, detail=reason.detail) for part in parts)


def _part(row: Row, request: Request) -> UsageDetails:
    return UsageDetails(
        _model_of(request, row.model),
        row.cost.micro_cents if row.cost else 0,
        row.done.tokens,
        prompt=row.done.prompt,
        units=row.units,
        context=spelled(row.context)[:CONTEXT_CHARACTERS],
        price_version_id=row.version,
    )


def _model_of(request: Request, model: str | None) -> str:
    return (model or request.model or "")[:MODEL_CHARACTERS]

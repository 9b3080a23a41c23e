"""The file that `usage_explain` reads: `{"vectors": [{id, format, usage, prices, …}]}`.

`prices` maps a model to its price, the empty name standing for every other model; `price_versions` are successive
terms. Without either, the prices in force apply.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from billing.pricing.context import normalized
from billing.pricing.explain import FindPrice, Priced, Request, row_written, rows_of
from billing.pricing.pricereading import PricesInvalid, list_of, mapping_of, moment_of, price_of, terms_of, whole
from billing.pricing.prices import Price, Terms
from billing.pricing.quarantine import Code, Quarantined

ITEMS_MAX: Final = 100_000
VERSIONS_MAX: Final = 1_000
UNITS_MAX: Final = 1_000_000

PricesInForce = Callable[[str | None], FindPrice]
"""Returns how to find prices for a request for this model that has no prices of its own."""


def explained(value: object, prices_in_force: PricesInForce, now: datetime) -> list[dict[str, Any]]:
    """One object an item: `id` and `rows`, or `id`, `quarantined` and `detail`. Raises PricesInvalid for a bad file."""
    body = mapping_of(value, "file")
    items = list_of(body.get("vectors"), "file.vectors", ITEMS_MAX)
    return [_item(item, f"vectors[{index}]", prices_in_force, now) for index, item in enumerate(items)]


def _item(value: object, place: str, prices_in_force: PricesInForce, now: datetime) -> dict[str, Any]:
    item = mapping_of(value, place)
    name = item.get("id")
    if not isinstance(name, str | int):
        raise PricesInvalid(f"{place}.id", "is neither a text nor a number")
    place = f"{place} ({name})"
    request = _request(item, place, now)
    find_price = _prices(item, place) or prices_in_force(request.model)
    try:
        return {"id": name, "rows": [row_written(row) for row in rows_of(request, find_price)]}
    except Quarantined as reason:
        return {"id": name, "quarantined": str(reason.code), "detail": reason.detail}


def _request(item: Mapping[str, object], place: str, now: datetime) -> Request:
    wire_format, model = item.get("format"), item.get("model")
    if not isinstance(wire_format, str):
        raise PricesInvalid(f"{place}.format", "is not a text")
    if model is not None and not isinstance(model, str):
        raise PricesInvalid(f"{place}.model", "is not a text")
    if "usage" not in item:
        raise PricesInvalid(f"{place}.usage", "is missing")
    units = item.get("units")
    return Request(
        wire_format=wire_format,
        usage=item["usage"],
        at=moment_of(item["at"], f"{place}.at") if item.get("at") is not None else now.astimezone(UTC),
        model=model,
        context=mapping_of(item.get("context") or {}, f"{place}.context"),
        units=None if units is None else _units(units, f"{place}.units"),
    )


def _units(value: object, place: str) -> dict[str, int]:
    return {name: whole(count, f"{place}.{name}", UNITS_MAX) for name, count in mapping_of(value, place).items()}


def _prices(item: Mapping[str, object], place: str) -> FindPrice | None:
    """A way to find the item's own prices; None when it has none."""
    if item.get("price_versions") is not None:
        versions = list_of(item["price_versions"], f"{place}.price_versions", VERSIONS_MAX)
        terms = [
            terms_of(version, f"{place}.price_versions[{index}]", is_complete=False)
            for index, version in enumerate(versions)
        ]
        return lambda _model, context, at: Priced(_latest(terms, context, at).at(at))
    if item.get("prices") is None:
        return None
    prices = {
        model: price_of(price, f"{place}.prices[{model!r}]", is_complete=False)
        for model, price in mapping_of(item["prices"], f"{place}.prices").items()
    }
    requested = item.get("model") if isinstance(item.get("model"), str) else None
    return lambda model, _context, _at: Priced(_named(prices, str(model or requested or "")))


def _named(prices: Mapping[str, Price], model: str) -> Price:
    found = prices.get(model) or prices.get("")
    if found is None:
        raise Quarantined(Code.MODEL_WITHOUT_PRICE, model)
    return found


def _latest(terms: list[Terms], context: Mapping[str, str], at: datetime) -> Terms:
    """The last version that had begun by `at`; one without a context applies to every context."""
    begun = [each for each in terms if each.since <= at and each.context in ({}, normalized(context))]
    if not begun:
        raise Quarantined(Code.MODEL_WITHOUT_PRICE, "price_versions")
    return max(begun, key=lambda each: (bool(each.context), each.since))

"""A price list from the installed package genai-prices. Only the command that imports prices loads this module.

Where the package has several prices by date, the one valid on the list's day and known future ones are taken; the
package's own rules decide which is valid when. A missing cache or reasoning price is that of the tokens it would
otherwise count as: written tokens as input, reasoning as output.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from importlib.metadata import version
from typing import Any, Final

from genai_prices import types
from genai_prices.data import providers

from billing.pricing.classes import TOKEN_CLASSES
from billing.pricing.context import normalized, spelled
from billing.pricing.pricelist import FORMAT, PriceList, price_list_read
from opencode.lib.money import MICRO_CENTS_PER_DOLLAR

PROVIDERS: Final = (
    "anthropic",
    "aws",
    "azure",
    "cerebras",
    "cohere",
    "deepseek",
    "fireworks",
    "google",
    "groq",
    "minimax",
    "mistral",
    "moonshotai",
    "openai",
    "together",
    "x-ai",
    "zai",
)
LICENCE: Final = (
    "Prices taken from genai-prices, Copyright (c) Pydantic Services Inc. 2025 to present, under the MIT License: "
    "https://github.com/pydantic/genai-prices/blob/main/LICENSE"
)
FREE: Final = {
    "provider": "local",
    "model": "free",
    "prices": [{"price": {"base": dict.fromkeys(TOKEN_CLASSES, 0)}}],
}
"""For models on somebody's own machines, which nobody bills by the token."""
# Media output has prices per token, for which the token classes here have no place.
MEDIA: Final = ("output_image_mtok", "output_audio_mtok", "output_video_mtok", "requests_kcount")
UNITS: Final = {"web_searches_kcount": "web_search", "storage_searches_kcount": "file_search"}


def price_list_from_package(*, made_on: date, wanted: Iterable[str] = PROVIDERS) -> PriceList:
    """The package's prices of these providers on that day. Raises PricesInvalid when they are no valid list."""
    known = {provider.id: provider for provider in providers}
    models = [model for name in wanted for model in _models(known[name], made_on)]
    return price_list_read(
        {
            "format": FORMAT,
            "source": f"genai-prices {version('genai-prices')}",
            "made_on": made_on.isoformat(),
            "licence": LICENCE,
            "models": [*models, FREE],
        }
    )


def provider_names() -> list[str]:
    return [provider.id for provider in providers]


def _models(provider: types.Provider, made_on: date) -> Iterator[dict[str, Any]]:
    """Models that take and give text for a price. A name shared by two stands for the first, as in the package."""
    taken: set[str] = set()
    for model in provider.models:
        terms = list(_terms(model, made_on))
        if not terms or model.id.lower() in taken:
            continue
        names, prefixes = _names(model.match)
        own = {name for name in names if name.lower() not in taken and name != model.id}
        taken |= {name.lower() for name in (*own, model.id)}
        yield {
            "provider": provider.id,
            "model": model.id,
            **({"names": _unlike(own)} if own else {}),
            **({"prefixes": sorted(prefixes)} if prefixes else {}),
            **({"context_window": model.context_window} if model.context_window else {}),
            "prices": terms,
        }


def _unlike(names: Iterable[str]) -> list[str]:
    """Names without those that differ only in case."""
    return sorted({name.lower(): name for name in sorted(names)}.values())


def _names(clause: Any) -> tuple[set[str], set[str]]:
    """Exact names and prefixes of names. Patterns are omitted; a date at a name's end is recognised anyway."""
    if isinstance(clause, types.ClauseOr):
        parts = [_names(part) for part in clause.or_]
        return {name for names, _ in parts for name in names}, {start for _, starts in parts for start in starts}
    if isinstance(clause, types.ClauseEquals):
        return {clause.equals}, set()
    if isinstance(clause, types.ClauseStartsWith):
        return set(), {clause.starts_with}
    return set(), set()


def _terms(model: types.ModelInfo, made_on: date) -> Iterator[dict[str, Any]]:
    for context in _contexts(model):
        written: dict[str, Any] | None = None
        for begins in sorted({made_on, *(start for start in _starts(model) if start > made_on)}):
            terms = _terms_on(model, context, begins)
            if terms is None or terms == written:
                continue
            written = terms
            beginning = {} if begins == made_on else {"from": f"{begins.isoformat()}T00:00:00+00:00"}
            named = {"context": normalized(context)} if context else {}
            yield {**named, **beginning, **terms}


def _contexts(model: types.ModelInfo) -> list[dict[str, str]]:
    """The usual context, and those that have their own prices and can be recognised from an answer."""
    found: dict[str, dict[str, str]] = {"": {}}
    for variant in model.price_variants or ():
        name = spelled(normalized(variant.when))
        if len(normalized(variant.when)) == len(variant.when):
            found.setdefault(name, dict(variant.when))
    return list(found.values())


def _starts(model: types.ModelInfo) -> Iterator[date]:
    conditions = [*(model.prices if isinstance(model.prices, list) else ()), *(model.price_variants or ())]
    for each in conditions:
        if isinstance(each.constraint, types.StartDateConstraint):
            yield each.constraint.start_date


def _terms_on(model: types.ModelInfo, context: Mapping[str, str], day: date) -> dict[str, Any] | None:
    if context and not _has_variant(model, context, datetime.combine(day, time(12), UTC)):
        return None
    hours = _hours(model)
    usual = _price(model.get_prices(_outside(hours, day), context))
    if usual is None:
        return None
    windows = []
    for begins, ends in hours:
        price = _price(model.get_prices(datetime.combine(day, begins, UTC), context))
        if price != usual:
            windows.append({"start": f"{begins:%H:%M}", "end": f"{ends:%H:%M}", "price": price})
    return {"price": usual, **({"windows": windows} if windows else {})}


def _has_variant(model: types.ModelInfo, context: Mapping[str, str], moment: datetime) -> bool:
    return any(
        variant.when == context and (variant.constraint is None or variant.constraint.active(moment))
        for variant in model.price_variants or ()
    )


def _hours(model: types.ModelInfo) -> list[tuple[time, time]]:
    conditions = model.prices if isinstance(model.prices, list) else []
    constraints = [each.constraint for each in conditions]
    return [(each.start_time, each.end_time) for each in constraints if isinstance(each, types.TimeOfDateConstraint)]


def _outside(hours: list[tuple[time, time]], day: date) -> datetime:
    """A time of that day outside all windows: the end of one, or noon."""
    ends = [datetime.combine(day, end, UTC) for _, end in hours] or [datetime.combine(day, time(12), UTC)]
    later = [moment + timedelta(minutes=step) for moment in ends for step in range(0, 1440, 30)]
    return next(
        moment
        for moment in later
        if moment.date() == day
        and not any(begin <= moment.time().replace(tzinfo=begin.tzinfo) < end for begin, end in hours)
    )


def _price(stated: types.ModelPrice) -> dict[str, Any] | None:
    """A price as JSON; None when text read or written has no price."""
    prices = {name: value for name, value in vars(stated).items() if value is not None}
    if "input_mtok" not in prices or "output_mtok" not in prices or any(name in prices for name in MEDIA):
        return None
    starts = sorted({tier.start for value in prices.values() for tier in getattr(value, "tiers", ())})
    tiers = [{"above": start, "prices": _rates(prices, start + 1)} for start in starts]
    units = {UNITS[name]: _micro_cents(value) // 1000 for name, value in prices.items() if name in UNITS}
    return {
        "base": _rates(prices, 0),
        **({"tiers": tiers} if tiers else {}),
        **({"units": dict(sorted(units.items()))} if units else {}),
    }


def _rates(prices: Mapping[str, Any], prompt: int) -> dict[str, int]:
    def rate(name: str, otherwise: int = 0) -> int:
        return _micro_cents(_at(prices[name], prompt)) if name in prices else otherwise

    fresh, output = rate("input_mtok"), rate("output_mtok")
    written = rate("cache_write_mtok", fresh)
    return {
        "input": fresh,
        "cache_read": rate("cache_read_mtok", fresh),
        "cache_write_5m": written,
        "cache_write_1h": rate("cache_write_1h_mtok", written),
        "output": output,
        "reasoning": rate("output_reasoning_mtok", output),
    }


def _at(price: Any, prompt: int) -> Decimal:
    reached: Decimal = price.base if isinstance(price, types.TieredPrices) else price
    for tier in getattr(price, "tiers", ()):
        if prompt > tier.start:
            reached = tier.price
    return reached


def _micro_cents(dollars: Any) -> int:
    return int((Decimal(dollars) * MICRO_CENTS_PER_DOLLAR).to_integral_value(ROUND_HALF_UP))

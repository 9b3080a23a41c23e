"""A price list: loaded whole or not at all, written in one canonical form, identified by its fingerprint."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from billing.pricing.context import spelled
from billing.pricing.pricereading import PricesInvalid, list_of, mapping_of, terms_of, whole
from billing.pricing.prices import BEGINNING, EVERY_DAY, Price, PricedModel, Terms

FORMAT: Final = 1
MODELS_MAX: Final = 20_000
TERMS_MAX: Final = 200
NAMES_MAX: Final = 200
NAME_CHARACTERS: Final = 190
CONTEXT_WINDOW_MAX: Final = 100_000_000


@dataclass(frozen=True, slots=True)
class PriceList:
    """`source` says where it comes from, `made_on` when it was made, `licence` the terms it was published under."""

    source: str
    made_on: date
    models: tuple[PricedModel, ...]
    licence: str = ""

    @property
    def fingerprint(self) -> str:
        """64 hex digits over its content; source and date play no part."""
        text = json.dumps([model_written(model) for model in self.models], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def price_list_read(value: object) -> PriceList:
    """A price list from parsed JSON. Raises PricesInvalid at the first fault: a faulty list is not loaded at all."""
    body = mapping_of(value, "list", frozenset({"format", "source", "made_on", "licence", "models"}))
    if body.get("format") != FORMAT:
        raise PricesInvalid("list.format", f"is not {FORMAT}")
    models = models_read(body.get("models"), "list.models")
    source, made_on = _text(body.get("source"), "list.source"), _date(body.get("made_on"))
    licence = _text(body.get("licence", ""), "list.licence", at_most=2000, may_be_empty=True)
    return price_list_of(source, made_on, models, licence)


def models_read(value: object, place: str = "models") -> list[PricedModel]:
    """The models in a price list's `models`. Raises PricesInvalid."""
    return [model_of(entry, f"models[{index}]") for index, entry in enumerate(list_of(value, place, MODELS_MAX))]


def price_list_of(source: str, made_on: date, models: Iterable[PricedModel], licence: str = "") -> PriceList:
    """A list of these models in canonical order. Raises PricesInvalid when two of one provider share a name."""
    ordered = tuple(sorted(models, key=lambda model: (model.provider, model.model)))
    _check_names(ordered)
    return PriceList(source, made_on, ordered, licence)


def price_list_written(price_list: PriceList) -> str:
    """JSON with a model a line, so that two lists can be compared line by line."""
    head = {"format": FORMAT, "source": price_list.source, "made_on": price_list.made_on.isoformat()}
    head |= {"licence": price_list.licence} if price_list.licence else {}
    lines = ",\n".join(json.dumps(model_written(model), separators=(",", ":")) for model in price_list.models)
    return json.dumps(head, indent=1)[:-2] + ',\n "models": [\n' + lines + "\n]}\n"


def model_of(value: object, place: str) -> PricedModel:
    """`{"provider", "model", "names", "prefixes", "context_window", "prices"}`. Raises PricesInvalid."""
    known = frozenset({"provider", "model", "names", "prefixes", "context_window", "prices"})
    body = mapping_of(value, place, known)
    place = f"{place} ({body.get('provider')}/{body.get('model')})"
    terms = [
        terms_of(entry, f"{place}.prices[{index}]")
        for index, entry in enumerate(list_of(body.get("prices"), f"{place}.prices", TERMS_MAX))
    ]
    if not terms:
        raise PricesInvalid(f"{place}.prices", "is empty")
    if len({(spelled(each.context), each.since) for each in terms}) < len(terms):
        raise PricesInvalid(f"{place}.prices", "states one context twice for one beginning")
    window = body.get("context_window")
    return PricedModel(
        provider=_text(body.get("provider"), f"{place}.provider", at_most=60),
        model=_text(body.get("model"), f"{place}.model"),
        terms=tuple(sorted(terms, key=lambda each: (spelled(each.context), each.since))),
        names=_names(body.get("names", []), f"{place}.names"),
        prefixes=_names(body.get("prefixes", []), f"{place}.prefixes"),
        context_window=None if window is None else whole(window, f"{place}.context_window", CONTEXT_WINDOW_MAX),
    )


def model_written(model: PricedModel) -> dict[str, Any]:
    """The model in the form that `model_of` reads, without empty fields."""
    written: dict[str, Any] = {"provider": model.provider, "model": model.model}
    written |= {"names": list(model.names)} if model.names else {}
    written |= {"prefixes": list(model.prefixes)} if model.prefixes else {}
    written |= {"context_window": model.context_window} if model.context_window is not None else {}
    return written | {"prices": [terms_written(terms) for terms in model.terms]}


def terms_written(terms: Terms) -> dict[str, Any]:
    written: dict[str, Any] = {"context": dict(terms.context)} if terms.context else {}
    written |= {"from": terms.since.isoformat()} if terms.since != BEGINNING else {}
    written["price"] = _price_written(terms.price)
    windows = [
        {
            "start": _clock(window.start),
            "end": _clock(window.end),
            **({"weekdays": sorted(window.weekdays)} if window.weekdays != EVERY_DAY else {}),
            "price": _price_written(window.price),
        }
        for window in terms.windows
    ]
    return written | ({"windows": windows} if windows else {})


def _price_written(price: Price) -> dict[str, Any]:
    written: dict[str, Any] = {"base": dict(price.base)}
    tiers = [{"from": tier.start, "prices": dict(tier.rates)} for tier in price.tiers]
    return written | ({"tiers": tiers} if tiers else {}) | ({"units": dict(price.units)} if price.units else {})


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _check_names(models: Sequence[PricedModel]) -> None:
    """Raises PricesInvalid when a name stands for two models of one provider."""
    seen: dict[tuple[str, str], str] = {}
    for model in models:
        for name in {model.model, *model.names}:
            other = seen.setdefault((model.provider, name.lower()), model.model)
            if other != model.model:
                raise PricesInvalid(f"{model.provider}/{name}", f"names both {other} and {model.model}")
    stated = [(model.provider, model.model) for model in models]
    if len(set(stated)) < len(stated):
        raise PricesInvalid("list.models", "states a model twice")


def _text(value: object, place: str, at_most: int = NAME_CHARACTERS, *, may_be_empty: bool = False) -> str:
    if not isinstance(value, str) or len(value) > at_most or not (value or may_be_empty):
        raise PricesInvalid(place, f"is not a text of 1 to {at_most} characters")
    return value


def _names(value: object, place: str) -> tuple[str, ...]:
    found = list_of(value, place, NAMES_MAX)
    return tuple(sorted(_text(name, place) for name in found))


def _date(value: object) -> date:
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError as error:
        raise PricesInvalid("list.made_on", "is not a date") from error

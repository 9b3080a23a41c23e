"""The prices in force: finds a model by any of its names, and its price by context and time."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from billing.pricing.prices import Price, PricedModel, Terms
from billing.pricing.quarantine import Code, Quarantined

MAKERS: Final = (
    "anthropic",
    "openai",
    "google",
    "x-ai",
    "deepseek",
    "mistral",
    "moonshotai",
    "zai",
    "minimax",
    "cohere",
)
"""The order of providers for a name that several sell when none is given; all others follow in alphabetical order."""
_DATED: Final = re.compile(r"(?:[-@](?:20\d{6}|20\d\d-\d\d-\d\d|latest))+$")


@dataclass(frozen=True, slots=True)
class FoundPrice:
    """A model's terms, and the version of the price list that states them."""

    version: int
    model: PricedModel
    terms: Terms

    def price(self, moment: datetime) -> Price:
        return self.terms.at(moment)


class PriceBook:
    """Layers of models; the first layer that knows a model decides: overrides come before imported lists."""

    def __init__(self, layers: Iterable[tuple[int, Iterable[PricedModel]]]) -> None:
        self._layers = [_Layer(version, models) for version, models in layers]

    def model_find(self, name: str, provider: str = "") -> tuple[int, PricedModel] | None:
        """The version and the model of that name. With no provider given, `anthropic/…` or the makers decide."""
        for layer in self._layers:
            model = layer.find(name, provider)
            if model is not None:
                return layer.version, model
        return None

    def find(self, name: str, context: Mapping[str, str], moment: datetime, provider: str = "") -> FoundPrice:
        """Raises Quarantined when the model or its context has no price."""
        known = self.model_find(name, provider)
        if known is None:
            raise Quarantined(Code.MODEL_WITHOUT_PRICE, name)
        version, model = known
        terms = model.terms_at(context, moment)
        if terms is None:
            raise Quarantined(Code.CONTEXT_WITHOUT_PRICE, name)
        return FoundPrice(version, model, terms)


class _Layer:
    """The models of one version, by provider and lower-case name."""

    def __init__(self, version: int, models: Iterable[PricedModel]) -> None:
        self.version = version
        self._named: dict[str, dict[str, PricedModel]] = {}
        self._prefixed: dict[str, list[tuple[str, PricedModel]]] = {}
        for model in models:
            named = self._named.setdefault(model.provider, {})
            named |= {name.lower(): model for name in (model.model, *model.names)}
            self._prefixed.setdefault(model.provider, []).extend((prefix.lower(), model) for prefix in model.prefixes)
        self._owners = sorted(self._named, key=lambda owner: (MAKERS.index(owner) if owner in MAKERS else 99, owner))
        for prefixes in self._prefixed.values():
            prefixes.sort(key=lambda pair: -len(pair[0]))

    def find(self, name: str, provider: str) -> PricedModel | None:
        wanted = name.lower()
        head, _, rest = wanted.partition("/")
        if not provider and rest and head in self._named:
            return self._of(head, rest)
        for owner in [provider] if provider else self._owners:
            found = self._of(owner, wanted)
            if found is not None:
                return found
        return None

    def _of(self, provider: str, name: str) -> PricedModel | None:
        """The model by its name, then without a date at the end, then by the longest prefix."""
        named = self._named.get(provider, {})
        found = named.get(name) or named.get(_DATED.sub("", name))
        if found is not None:
            return found
        prefixes = self._prefixed.get(provider, [])
        return next((model for prefix, model in prefixes if name.startswith(prefix)), None)

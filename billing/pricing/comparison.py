"""Differences between two price lists, model by model."""

from collections.abc import Iterable
from dataclasses import dataclass

from billing.pricing.pricelist import model_written
from billing.pricing.prices import PricedModel, Terms


@dataclass(frozen=True, slots=True)
class Difference:
    """Models as `provider/model`, sorted. `changed` has old and new input and output prices where these changed."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.removed or self.changed)


def compared(before: Iterable[PricedModel], after: Iterable[PricedModel]) -> Difference:
    old, new = (_by_name(models) for models in (before, after))
    both = [name for name in sorted(old.keys() & new.keys()) if model_written(old[name]) != model_written(new[name])]
    return Difference(
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        changed=tuple(f"{name}: {_said(old[name], new[name])}" for name in both),
    )


def _by_name(models: Iterable[PricedModel]) -> dict[str, PricedModel]:
    return {f"{model.provider}/{model.model}": model for model in models}


def _said(old: PricedModel, new: PricedModel) -> str:
    mine, theirs = (_plain(model) for model in (old, new))
    moved = [
        f"{name} {mine.price.base.get(name)} → {theirs.price.base.get(name)}"
        for name in theirs.price.base
        if mine.price.base.get(name) != theirs.price.base.get(name)
    ]
    return ", ".join(moved) or "names, contexts, tiers or hours"


def _plain(model: PricedModel) -> Terms:
    """The latest terms for the usual context, or any others if there are none."""
    return max(model.terms, key=lambda terms: (not terms.context, terms.since))

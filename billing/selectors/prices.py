"""Price lists: the versions in force, their content, and the book that finds a price."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from typing import Final

from billing.models import PriceEntry, PriceVersion
from billing.pricing.book import PriceBook
from billing.pricing.explain import FindPrice, Priced
from billing.pricing.pricereading import terms_of
from billing.pricing.prices import PricedModel

BOOKS_KEPT: Final = 4


def price_version_in_force(layer: str) -> PriceVersion | None:
    return PriceVersion.objects.filter(layer=layer).order_by("-number").first()


def price_models_of(version_id: int) -> tuple[PricedModel, ...]:
    """The models of a version, in canonical order."""
    rows = PriceEntry.objects.filter(version_id=version_id).order_by("provider", "model", "context", "since")
    return tuple(_model(list(same)) for _, same in groupby(rows, key=lambda row: (row.provider, row.model)))


def price_book() -> PriceBook:
    """The prices in force: first the admin's overrides, then the operator's file, then imported lists."""
    layers = (PriceVersion.Layer.ADMIN, PriceVersion.Layer.FILE, PriceVersion.Layer.IMPORTED)
    versions = [price_version_in_force(layer) for layer in layers]
    return _book(tuple((version.pk, version.fingerprint) for version in versions if version is not None))


def price_book_of(version: PriceVersion) -> PriceBook:
    """One version alone, as rows that name it were priced."""
    return _book(((version.pk, version.fingerprint),))


def prices_in_force(model: str | None, book: PriceBook | None = None) -> FindPrice:
    """A way to find prices for a request for `model`; a row without any model name stays unpriced.

    With `book`, those of a book that was read before.
    """
    known = book or price_book()

    def find(named: str | None, context: Mapping[str, str], at: datetime) -> Priced | None:
        name = named or model
        if not name:
            return None
        found = known.find(name, context, at)
        return Priced(found.price(at), found.model.context_window, found.version)

    return find


@lru_cache(maxsize=BOOKS_KEPT)
def _book(versions: tuple[tuple[int, str], ...]) -> PriceBook:
    """Versions never change, so books can be cached. After a rollback an id may be reused, hence the fingerprint."""
    return PriceBook([(version_id, price_models_of(version_id)) for version_id, _fingerprint in versions])


def _model(rows: list[PriceEntry]) -> PricedModel:
    first = rows[0]
    return PricedModel(
        provider=first.provider,
        model=first.model,
        terms=tuple(terms_of(row.terms, str(row)) for row in rows),
        names=tuple(first.names),
        prefixes=tuple(first.prefixes),
        context_window=first.context_window,
    )

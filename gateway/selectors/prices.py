"""What models cost, by the prices in force."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from billing.pricing.prices import Price
from billing.pricing.quarantine import Quarantined
from billing.selectors.prices import price_book


def prices_of(names: Iterable[str], *, now: datetime) -> Mapping[str, Price]:
    """The usual price of each model that has one, by the name `provider/model` under which price lists know it."""
    book = price_book()
    found: dict[str, Price] = {}
    for name in names:
        try:
            found[name] = book.find(name, {}, now).price(now)
        except Quarantined:
            continue
    return found

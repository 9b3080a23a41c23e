"""What a usage row costs by a book of prices."""

from billing.models import Usage
from billing.pricing.book import PriceBook
from billing.pricing.classes import TOKEN_CLASSES, Tokens
from billing.pricing.context import read_spelled
from billing.pricing.cost import Cost, cost_of


def usage_explained(row: Usage, book: PriceBook) -> tuple[Cost, int]:
    """The row's cost when it was answered, class by class, and the price version. Raises Quarantined."""
    tokens = Tokens(**{name: getattr(row, name) for name in TOKEN_CLASSES})
    found = book.find(row.model, read_spelled(row.context), row.at)
    return cost_of(tokens, found.price(row.at), prompt=row.prompt, units=row.units), found.version


def usage_priced(row: Usage, book: PriceBook) -> tuple[int, int]:
    """The row's cost in micro-cents when it was answered, and the price version. Raises Quarantined."""
    cost, version = usage_explained(row, book)
    return cost.micro_cents, version

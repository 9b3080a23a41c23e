"""An operation on an account with what its rows store besides, and what it came to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from billing.ledger.operations import Operation, request_id_of, source_of
from billing.models import REQUEST_ID_CHARACTERS
from billing.pricing.classes import Tokens

AMOUNT_MAX: Final = 10**15
"""$10 million: no request costs more."""


@dataclass(frozen=True, slots=True)
class UsageDetails:
    """One model's part of a request, with its cost in micro-cents.

    `quarantined` is the code of why its cost is not known, and `detail` the field or class that was wrong.
    """

    model: str
    cost: int
    tokens: Tokens = field(default_factory=Tokens)
    prompt: int = 0
    units: Mapping[str, int] = field(default_factory=dict)
    context: str = ""
    price_version_id: int | None = None
    is_estimated: bool = False
    quarantined: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Details:
    """Stored in rows without being part of any rule. `wire_format` and `body` are those of a quarantined request."""

    model: str = ""
    session_id: str = ""
    price_version_id: int | None = None
    usage: Sequence[UsageDetails] = ()
    reason: str = ""
    wire_format: str = ""
    body: str = ""


@dataclass(slots=True, eq=False)
class Work:
    """What is to be done on one account. `process_id` names the process on whose life a reservation depends.

    `request` and `source` are the account with what the operation is about, which is empty when it is about none.
    """

    account_id: int
    operation: Operation
    details: Details = field(default_factory=Details)
    process_id: int | None = None
    request: tuple[int, str] = field(init=False)
    source: tuple[int, str] = field(init=False)

    def __post_init__(self) -> None:
        self.request = (self.account_id, request_id_of(self.operation))
        self.source = (self.account_id, source_of(self.operation))


def bounds_check(request_id: str, amount: int) -> None:
    """Raise ValueError for a request id or an amount that cannot be stored."""
    if not 0 < len(request_id) <= REQUEST_ID_CHARACTERS:
        raise ValueError(f"a request id has 1 to {REQUEST_ID_CHARACTERS} characters")
    if type(amount) is not int or not 0 <= amount <= AMOUNT_MAX:
        raise ValueError(f"an amount is a whole number from 0 to {AMOUNT_MAX}")


def parts_check(request_id: str, parts: Sequence[UsageDetails]) -> None:
    """Raise ValueError for parts that cannot be stored together."""
    if not parts:
        raise ValueError("a settlement has at least one part")
    if len({part.model for part in parts}) < len(parts):
        raise ValueError("a settlement has one part a model")
    for part in parts:
        bounds_check(request_id, part.cost)

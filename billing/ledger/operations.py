"""The ledger's operations and their answers."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from billing.ledger.facts import Hold, Payer


@dataclass(frozen=True, slots=True)
class Reserve:
    """Hold the ceiling of a request that is about to be sent. The decision sets `hold.month`."""

    now: datetime
    hold: Hold


@dataclass(frozen=True, slots=True)
class Settle:
    """Charge the cost of a request: an amount for each usage row, at least one. `fingerprint` covers the whole body."""

    now: datetime
    request_id: str
    costs: tuple[int, ...]
    payer: Payer
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Release:
    """End a reservation for which nothing was spent."""

    now: datetime
    request_id: str


@dataclass(frozen=True, slots=True)
class Expire:
    """End a reservation that was neither settled nor released in time."""

    now: datetime
    request_id: str


@dataclass(frozen=True, slots=True)
class Credit:
    """Add an amount to the balance, once for each source; a negative amount is deducted."""

    now: datetime
    source: str
    amount: int


Operation = Reserve | Settle | Release | Expire | Credit


class Answer(StrEnum):
    """The result of an operation; a repeat gets an equal answer."""

    RESERVED = "reserved"
    REFUSED = "refused"
    SETTLED = "settled"
    ALREADY_SETTLED = "already_settled"
    RELEASED = "released"
    EXPIRED = "expired"
    NOT_DUE = "not_due"
    UNKNOWN = "unknown"
    CONFLICT = "conflict"
    CREDITED = "credited"


class Bound(StrEnum):
    """The limits that can refuse a reservation."""

    FROZEN = "frozen"
    BALANCE = "balance"
    WORKSPACE = "workspace"
    MEMBER = "member"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class Refusal:
    """`amount` is the limit or the balance; `resets_at` is None when no new month resets it."""

    bound: Bound
    amount: int = 0
    used: int = 0
    held: int = 0
    resets_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """One usage row: its cost is charged + carried. `counted` is the amount it added to the limits of `month`.

    `seq` and `balance_after` are None unless it changed the balance.
    """

    cost: int
    charged: int
    carried: int
    counted: int
    month: int
    seq: int | None = None
    balance_after: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One ledger entry."""

    source: str
    amount: int
    seq: int
    balance_after: int

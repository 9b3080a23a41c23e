"""The ledger's operations and their answers."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

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
    """End a reservation that was neither settled nor released in time, or whose process is gone."""

    now: datetime
    request_id: str
    is_abandoned: bool = False


@dataclass(frozen=True, slots=True)
class Credit:
    """Add an amount to the balance, once for each source; a negative amount is deducted."""

    now: datetime
    source: str
    amount: int


@dataclass(frozen=True, slots=True)
class Record:
    """Store the usage of a request that was never reserved. It is stored whatever the limits: what fits is charged.

    `hold` is what a reservation of it would have been, made when the request was answered; the decision sets its
    `month` and `ceiling`. `is_quarantined`: its costs are not known yet, and all 0.
    """

    now: datetime
    hold: Hold
    answered_at: datetime
    costs: tuple[int, ...]
    payer: Payer
    is_quarantined: bool = False

    @property
    def fingerprint(self) -> str:
        return self.hold.fingerprint


@dataclass(frozen=True, slots=True)
class Correct:
    """Give a usage row another cost, once for each source; the row itself stays as it was.

    `is_release` ends its quarantine.
    """

    now: datetime
    source: str
    usage_id: int
    cost: int
    is_release: bool = False


Operation = Reserve | Settle | Release | Expire | Credit | Record | Correct


def request_id_of(operation: Operation) -> str:
    """The request that an operation is about; empty when it is about none."""
    match operation:
        case Reserve() | Record():
            return operation.hold.request_id
        case Settle() | Release() | Expire():
            return operation.request_id
        case Credit() | Correct():
            return ""


def source_of(operation: Operation) -> str:
    """The source of the entry that an operation makes; empty when it makes none."""
    return operation.source if isinstance(operation, Credit | Correct) else ""


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
    STORED = "stored"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    CORRECTED = "corrected"


class Bound(StrEnum):
    """The limits that can refuse a reservation."""

    CLOSED = "closed"
    FROZEN = "frozen"
    BALANCE = "balance"
    WORKSPACE = "workspace"
    MEMBER = "member"
    KEY = "key"
    TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Refusal:
    """`amount` is the limit or the balance; `resets_at` is None when no new month resets it."""

    bound: Bound
    amount: int = 0
    used: int = 0
    held: int = 0
    resets_at: datetime | None = None


class Charge(NamedTuple):
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
    """One ledger entry. That of a correction names its usage row, and has by how much the row's amounts change."""

    source: str
    amount: int
    seq: int
    balance_after: int
    usage_id: int | None = None
    cost: int = 0
    charged: int = 0
    carried: int = 0
    counted: int = 0

"""What can be asked of the ledger, and what it answers."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from billing.ledger.facts import Hold, Payer


@dataclass(frozen=True, slots=True)
class Reserve:
    """Hold the ceiling of a request that is about to be made. `hold.month` is set by the decision."""

    now: datetime
    hold: Hold


@dataclass(frozen=True, slots=True)
class Settle:
    """Charge what a request cost: an amount for each usage row, at least one. `fingerprint` is the whole body's."""

    now: datetime
    request_id: str
    costs: tuple[int, ...]
    payer: Payer
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Release:
    """Nothing was spent."""

    now: datetime
    request_id: str


@dataclass(frozen=True, slots=True)
class Expire:
    """Nobody said what became of the request, and its time is over."""

    now: datetime
    request_id: str


@dataclass(frozen=True, slots=True)
class Credit:
    """Put an amount on the balance, once for each source; negative takes off."""

    now: datetime
    source: str
    amount: int


Operation = Reserve | Settle | Release | Expire | Credit


class Answer(StrEnum):
    """What an operation came to; a repeat of it gets an equal answer."""

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
    """What refuses a reservation."""

    FROZEN = "frozen"
    BALANCE = "balance"
    WORKSPACE = "workspace"
    MEMBER = "member"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class Refusal:
    """`amount` is the limit or the balance; `resets_at` is None for what no month resets."""

    bound: Bound
    amount: int = 0
    used: int = 0
    held: int = 0
    resets_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """One usage row: its cost is charged + carried. `counted` is what it added to the limits of `month`.

    `seq` and `balance_after` where it moved the balance.
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

"""What a decision about money is made from: an account, its limits' counters, what is held and what was settled.

Amounts are micro-cents. Months are numbers such as 202611, UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class Funding(StrEnum):
    """Prepaid: what is held must fit into the balance. Postpaid: the host pays, and limits alone bound it."""

    PREPAID = "prepaid"
    POSTPAID = "postpaid"


class Payer(StrEnum):
    """Whose credentials at the provider a request was made with."""

    HOST = "host"
    OWN = "own"


class State(StrEnum):
    """Of a reservation. A settled one is no more: its usage rows stand for it."""

    OPEN = "open"
    RELEASED = "released"
    EXPIRED = "expired"


class Scope(StrEnum):
    """Whom a limit binds, beside the workspace, whose own stands in its account."""

    MEMBER = "member"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class Account:
    """`reserved` is held against the balance, of every month; the `month_` amounts count towards the limit, of `month`.

    `counts_own` says whether usage on the workspace's own credentials counts towards limits.
    """

    funding: Funding
    month: int
    balance: int = 0
    reserved: int = 0
    entry_seq: int = 0
    month_used: int = 0
    month_reserved: int = 0
    monthly_limit: int | None = None
    counts_own: bool = True
    is_frozen: bool = False


@dataclass(frozen=True, slots=True)
class CounterKey:
    """A member's person id or a key's first id, in one month."""

    scope: Scope
    id: str
    month: int


@dataclass(frozen=True, slots=True)
class Counter:
    """`limit` is None for none, and 0 for nothing that costs."""

    used: int = 0
    reserved: int = 0
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """A reservation. Its `ceiling` is held against the balance when the host may come to pay, and against limits."""

    request_id: str
    fingerprint: str
    ceiling: int
    month: int
    expires_at: datetime
    member_id: str = ""
    key_id: str = ""
    may_host_pay: bool = True
    counts_own: bool = True
    state: State = State.OPEN
    ended_at: datetime | None = None

    @property
    def on_balance(self) -> int:
        return self.ceiling if self.may_host_pay else 0

    @property
    def on_limits(self) -> int:
        return self.ceiling if self.may_host_pay or self.counts_own else 0

    def counter_keys(self, month: int) -> tuple[CounterKey, ...]:
        scopes = ((Scope.MEMBER, self.member_id), (Scope.KEY, self.key_id))
        return tuple(CounterKey(scope, name, month) for scope, name in scopes if name)


@dataclass(frozen=True, slots=True)
class Facts:
    """All that one operation may read and change. `settled` is the fingerprint of the request's usage rows, if any.

    `counters` has every key that `counters_needed` names. `credited` is the amount of the entry that has the source.
    """

    account: Account
    counters: Mapping[CounterKey, Counter]
    hold: Hold | None = None
    settled: str | None = None
    credited: int | None = None


BIGINT_MAX: Final = 2**63 - 1

"""The facts behind a decision about money: an account, counters of its limits, its hold and what was settled.

Amounts are micro-cents. Months are numbers such as 202611, UTC. Named tuples, because each decision makes a dozen
changed copies: `_replace` takes a third of the time that it takes with dataclasses.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple


class Funding(StrEnum):
    """Prepaid: reservations must fit into the balance. Postpaid: the host pays, and only limits apply."""

    PREPAID = "prepaid"
    POSTPAID = "postpaid"


class Payer(StrEnum):
    """Whose credentials at the provider the request used."""

    HOST = "host"
    OWN = "own"


class State(StrEnum):
    """The state of a reservation. Settling deletes it: its usage rows take its place."""

    OPEN = "open"
    RELEASED = "released"
    EXPIRED = "expired"


class Scope(StrEnum):
    """What a limit applies to, besides the workspace, whose own limit is in its account."""

    MEMBER = "member"
    KEY = "key"


class Account(NamedTuple):
    """`reserved` is held against the balance, for all months; `month_` amounts count towards the limit, in `month`.

    `counts_own` says whether usage on the workspace's own credentials counts towards limits. A closed
    account's workspace is blocked or deleted.
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
    is_closed: bool = False


class CounterKey(NamedTuple):
    """A member, by the person's id, or a key, by the first id of its rotation, in one month."""

    scope: Scope
    id: str
    month: int


def counter_keys(member_id: str, key_id: str, month: int) -> tuple[CounterKey, ...]:
    """The member's and the key's, where a request has them."""
    of_member = (CounterKey(Scope.MEMBER, member_id, month),) if member_id else ()
    of_key = (CounterKey(Scope.KEY, key_id, month),) if key_id else ()
    return of_member + of_key


class Counter(NamedTuple):
    """Used and held amounts in one month. `limit` None means no limit, and 0 refuses whatever costs anything."""

    used: int = 0
    reserved: int = 0
    limit: int | None = None


class Hold(NamedTuple):
    """A reservation. `ceiling` is held against the balance if the host may have to pay, and against limits."""

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
        return counter_keys(self.member_id, self.key_id, month)


class Original(NamedTuple):
    """A usage row with the corrections made so far. `counted` is the part that counts towards limits of `month`."""

    payer: Payer
    month: int
    cost: int
    charged: int
    carried: int
    counted: int
    member_id: str = ""
    key_id: str = ""


class Facts(NamedTuple):
    """All that one operation may read and change. `settled` is the fingerprint of the request's usage rows, or None.

    `counters` has every key that `counters_needed` returns. `credited` is the amount added before for the same source,
    or the cost given before by the same correction. `original` is the usage row of a correction.
    """

    account: Account
    counters: Mapping[CounterKey, Counter]
    hold: Hold | None = None
    settled: str | None = None
    credited: int | None = None
    original: Original | None = None


TOTAL_MAX: Final = 2**62
"""What may be held and used together, and what a balance may come to on either side of zero: all sums fit a bigint.

A request costs at most 10**15, so that amounts of those running cannot bring a sum from here to 2**63.
"""

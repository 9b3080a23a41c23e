"""Which alerts an operation calls for: when 50, 80 or 100 % of a limit, or of the last credit, are used. In integers.

Pure. Every settlement asks; below half of everything it costs a comparison a limit.
"""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from billing.ledger.facts import Account, Facts, Funding, Hold
from billing.ledger.operations import Bound, Refusal
from billing.pricing.months import month_of

PERCENTS: Final = (50, 80, 100)


class About(StrEnum):
    """What an alert is about. The last two are for staff as well, and have no percentage."""

    WORKSPACE = "workspace"
    MEMBER = "member"
    KEY = "key"
    BALANCE = "balance"
    CARRIED = "carried"
    QUARANTINE = "quarantine"


class LastCredit(NamedTuple):
    """The number of the entry that credited the account last, and the balance after it; zeros before the first."""

    seq: int = 0
    balance: int = 0


class Firing(NamedTuple):
    """An alert that is due. The first five fields are its identity: it fires once.

    `period` is the month of a limit, the number of the last credit of a balance, or a day such as 20261129; `amount`
    is the limit, or the balance after that credit. `id` is a person's or a key's. `is_refused`: a request was refused.
    """

    about: About
    id: str
    percent: int
    period: int
    amount: int
    used: int
    is_refused: bool = False


def crossings(before: Facts, after: Facts, last_credit: LastCredit) -> Iterator[Firing]:
    """What one operation has used so much of that an alert is due; several at once after a jump."""
    was, account = before.account, after.account
    month, limit = account.month, account.monthly_limit
    if limit and account.month_used * 2 >= limit:
        used = was.month_used if was.month == month else 0
        yield from _crossed(About.WORKSPACE, "", month, limit, used, account.month_used)
    for key, counter in after.counters.items():
        limit = counter.limit
        if limit and counter.used * 2 >= limit and key.month == month:
            used = before.counters[key].used
            yield from _crossed(About(key.scope), key.id, month, limit, used, counter.used)
    if account.balance < was.balance and account.funding == Funding.PREPAID:
        seq, amount = last_credit
        yield from _crossed(About.BALANCE, "", seq, amount, amount - was.balance, amount - account.balance)


def reached(about: About, scope_id: str, period: int, amount: int | None, used: int) -> Iterator[Firing]:
    """What is due of a limit that was just set, with so much used already."""
    if amount:
        yield from _crossed(about, scope_id, period, amount, -1, used)


def refused(account: Account, hold: Hold, refusal: Refusal, last_credit: LastCredit, now: datetime) -> Firing | None:
    """100 % of what refused a request, once half of it is used: the rest is too little for what is asked.

    None before that: then the request was too large.
    """
    month = max(account.month, month_of(now))
    match refusal.bound:
        case Bound.BALANCE:
            seq, amount = last_credit
            firing = Firing(About.BALANCE, "", 100, seq, amount, amount - account.balance, is_refused=True)
        case Bound.WORKSPACE:
            firing = Firing(About.WORKSPACE, "", 100, month, refusal.amount, refusal.used, is_refused=True)
        case Bound.MEMBER | Bound.KEY:
            of = (About.MEMBER, hold.member_id) if refusal.bound == Bound.MEMBER else (About.KEY, hold.key_id)
            firing = Firing(*of, 100, month, refusal.amount, refusal.used, is_refused=True)
        case _:
            return None
    return firing if firing.amount > 0 and firing.used * 2 >= firing.amount else None


def _crossed(about: About, scope_id: str, period: int, amount: int, was: int, used: int) -> Iterator[Firing]:
    if amount <= 0:
        return
    for percent in PERCENTS:
        if was * 100 < percent * amount <= used * 100:
            yield Firing(about, scope_id, percent, period, amount, used)

"""Whether a ceiling fits within every limit, which limit refuses it, and how much of it would fit."""

from collections.abc import Iterator
from dataclasses import dataclass

from billing.ledger.facts import TOTAL_MAX, Counter, Facts, Funding, Hold
from billing.ledger.operations import Bound, Refusal
from billing.pricing.months import month_after, month_begins


@dataclass(frozen=True, slots=True)
class _Limit:
    """One limit that a hold must fit within, and what is used and held of it."""

    bound: Bound
    amount: int
    used: int
    held: int

    @property
    def room(self) -> int:
        return max(0, self.amount - self.used - self.held)


def fits(limit: int | None, used: int, held: int, ceiling: int) -> bool:
    """None means no limit; a free request always fits. A limit lowered below the used amount refuses new requests."""
    return limit is None or ceiling == 0 or used + held + ceiling <= limit


def refusal_of(facts: Facts, hold: Hold) -> Refusal | None:
    """The first limit that the hold exceeds, in the account's present month; None when it fits."""
    if facts.account.is_closed:
        return Refusal(Bound.CLOSED)
    if facts.account.is_frozen:
        return Refusal(Bound.FROZEN)
    limits = _limits(facts, hold)
    exceeded = next((each for each in limits if not fits(each.amount, each.used, each.held, hold.ceiling)), None)
    return _refusal(facts, exceeded) if exceeded else None


def room_of(facts: Facts, hold: Hold) -> tuple[int, Refusal | None]:
    """How much of the hold's ceiling fits, and the limit that leaves the least room when that is not all of it.

    Months before the account's have no limits left to keep; a frozen account has no room.
    """
    if hold.ceiling and facts.account.is_frozen:
        return 0, Refusal(Bound.FROZEN)
    least = min(_limits(facts, hold), key=lambda each: each.room, default=None)
    if least is None or least.room >= hold.ceiling:
        return hold.ceiling, None
    return least.room, _refusal(facts, least)


def _limits(facts: Facts, hold: Hold) -> Iterator[_Limit]:
    """In the order in which they refuse. Without a limit there is TOTAL_MAX, which keeps sums within a bigint."""
    account = facts.account
    if hold.on_balance:
        if account.funding == Funding.PREPAID:
            yield _Limit(Bound.BALANCE, account.balance, 0, account.reserved)
        yield _Limit(Bound.TOTAL, TOTAL_MAX + min(account.balance, 0), 0, account.reserved)
    if not hold.on_limits:
        return
    is_present = hold.month == account.month
    bounds = [(Bound(key.scope), facts.counters[key]) for key in hold.counter_keys(hold.month)]
    if is_present:
        own = Counter(account.month_used, account.month_reserved, account.monthly_limit)
        bounds.insert(0, (Bound.WORKSPACE, own))
    for bound, counter in bounds:
        if is_present and counter.limit is not None:
            yield _Limit(bound, counter.limit, counter.used, counter.reserved)
        else:
            yield _Limit(Bound.TOTAL, TOTAL_MAX, counter.used, counter.reserved)


def _refusal(facts: Facts, limit: _Limit) -> Refusal:
    if limit.bound == Bound.BALANCE:
        return Refusal(limit.bound, limit.amount, limit.used, limit.held)
    resets_at = month_begins(month_after(facts.account.month))
    return Refusal(limit.bound, limit.amount, limit.used, limit.held, resets_at)

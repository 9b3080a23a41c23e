"""Whether a ceiling fits within every limit, and which limit refuses it."""

from collections.abc import Iterator

from billing.ledger.facts import Account, Counter, Facts, Funding, Hold
from billing.ledger.operations import Bound, Refusal
from billing.pricing.months import month_after, month_begins


def fits(limit: int | None, used: int, held: int, ceiling: int) -> bool:
    """None means no limit; a free request always fits. A limit lowered below the used amount refuses new requests."""
    return limit is None or ceiling == 0 or used + held + ceiling <= limit


def refusal_of(facts: Facts, hold: Hold) -> Refusal | None:
    """The first limit that the hold exceeds, in the account's present month; None when it fits."""
    return next(_refusals(facts, hold), None)


def _refusals(facts: Facts, hold: Hold) -> Iterator[Refusal]:
    account = facts.account
    if account.is_frozen:
        yield Refusal(Bound.FROZEN)
    if account.funding == Funding.PREPAID and not _balance_holds(account, hold.on_balance):
        yield Refusal(Bound.BALANCE, account.balance, held=account.reserved)
    resets_at = month_begins(month_after(account.month))
    own = Counter(account.month_used, account.month_reserved, account.monthly_limit)
    bounds = [(Bound.WORKSPACE, own)]
    bounds += [(Bound(key.scope), facts.counters[key]) for key in hold.counter_keys(account.month)]
    for bound, counter in bounds:
        if not fits(counter.limit, counter.used, counter.reserved, hold.on_limits):
            yield Refusal(bound, counter.limit or 0, counter.used, counter.reserved, resets_at)


def _balance_holds(account: Account, ceiling: int) -> bool:
    """Whether the ceiling fits into the balance; a free request fits even when the balance is below zero."""
    return ceiling == 0 or account.reserved + ceiling <= account.balance

"""How holds, charges and new months change an account and its counters."""

from collections.abc import Mapping
from datetime import datetime

from billing.ledger.facts import Account, Counter, CounterKey, Facts, Hold
from billing.pricing.months import month_of


def turned(facts: Facts, now: datetime) -> Facts:
    """The facts with the account in the month of `now`; never in an earlier month, even if a clock goes back."""
    account = turned_account(facts.account, now)
    return facts if account is facts.account else facts._replace(account=account)


def turned_account(account: Account, now: datetime) -> Account:
    month = month_of(now)
    if month <= account.month:
        return account
    return account._replace(month=month, month_used=0, month_reserved=0)


def held(facts: Facts, hold: Hold, sign: int) -> Facts:
    """Add (1) or remove (-1) a hold's amounts; an earlier month's count on the balance and on that month's counters."""
    account = facts.account._replace(reserved=facts.account.reserved + sign * hold.on_balance)
    if hold.month == account.month:
        account = account._replace(month_reserved=account.month_reserved + sign * hold.on_limits)
    return facts._replace(account=account, counters=counted(facts.counters, hold, reserved=sign * hold.on_limits))


def used(account: Account, month: int, amount: int) -> Account:
    """The account with an amount more (or less) used in the month; earlier months are not kept in it."""
    return account._replace(month_used=account.month_used + amount) if month == account.month else account


def counted(
    counters: Mapping[CounterKey, Counter], hold: Hold, *, used: int = 0, reserved: int = 0
) -> Mapping[CounterKey, Counter]:
    changed = {
        key: counters[key]._replace(used=counters[key].used + used, reserved=counters[key].reserved + reserved)
        for key in hold.counter_keys(hold.month)
    }
    return {**counters, **changed}

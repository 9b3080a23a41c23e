"""Recomputes an account's sums from its single rows, and reports the first difference of each kind. Reads only."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F, Sum

from billing.ledger.facts import Scope, State
from billing.models import BillingAccount, LedgerEntry, LimitCounter, Reservation, Usage
from billing.pricing.book import PriceBook
from billing.pricing.months import month_after, month_begins
from billing.pricing.quarantine import Quarantined
from billing.selectors.paymentsverify import calls_verify, claws_verify, credits_verify
from billing.selectors.prices import price_models_of
from billing.selectors.repricing import usage_priced
from billing.selectors.sums import ROWS_AT_ONCE, Correction, Problem, corrections_of, rollups_verify, statement_verify
from opencode.lib.clock import utc_now


def account_verify(account_id: int) -> list[Problem]:
    """Sums are compared under the account's lock, so that a running request cannot look like a fault; usage rows, which
    never change, are checked one by one afterwards.
    """
    with transaction.atomic():
        account = BillingAccount.objects.select_for_update().get(pk=account_id)
        corrections = corrections_of(account_id)
        checks = (
            _balance(account),
            _holds(account),
            _used(account, corrections),
            _counters(account, corrections),
            rollups_verify(account_id, corrections),
            statement_verify(account_id),
            credits_verify(account_id),
            claws_verify(account_id),
            calls_verify(account_id, utc_now()),
        )
        found = [next(check, None) for check in checks]
    return [problem for problem in (*found, next(_usage_rows(account), None)) if problem is not None]


def _balance(account: BillingAccount) -> Iterator[Problem]:
    """Entries and usage rows that changed the balance: numbered without gaps, each balance the sum up to it."""
    balance = 0
    for expected, (seq, amount, after) in enumerate(_moves(account), 1):
        if seq != expected:
            yield Problem("seq_gapless", f"seq {expected}", seq, expected)
            return
        balance += amount
        if after != balance:
            yield Problem("balance_after", f"seq {seq}", after, balance)
    if account.entry_seq != (last := _count_moves(account)):
        yield Problem("entry_seq", "account", account.entry_seq, last)
    if account.balance != balance:
        yield Problem("balance", "account", account.balance, balance)


def _moves(account: BillingAccount) -> Iterator[tuple[int, int, int]]:
    """(seq, amount, balance after) in order."""
    entries = LedgerEntry.objects.filter(account_id=account.pk).values_list("seq", "amount", "balance_after")
    used = Usage.objects.filter(account_id=account.pk, seq__isnull=False)
    moves = used.annotate(amount=-F("charged")).values_list("seq", "amount", "balance_after")
    both = entries.union(moves, all=True).order_by("seq")
    yield from both.iterator(chunk_size=ROWS_AT_ONCE)


def _count_moves(account: BillingAccount) -> int:
    used = Usage.objects.filter(account_id=account.pk, seq__isnull=False).count()
    return used + LedgerEntry.objects.filter(account_id=account.pk).count()


def _holds(account: BillingAccount) -> Iterator[Problem]:
    """The reserved amount is the sum of the open ceilings."""
    mine = Reservation.objects.filter(account_id=account.pk, state=State.OPEN.value)
    on_balance = _total(mine.filter(may_host_pay=True), "ceiling")
    if account.reserved != on_balance:
        yield Problem("reserved", "account", account.reserved, on_balance)
    on_limits = _total(mine.filter(month=account.month).exclude(may_host_pay=False, counts_own=False), "ceiling")
    if account.month_reserved != on_limits:
        yield Problem("month_reserved", "account", account.month_reserved, on_limits)


def _used(account: BillingAccount, corrections: Sequence[Correction]) -> Iterator[Problem]:
    rows = Usage.objects.filter(account_id=account.pk, month=account.month)
    if account.month:
        # A row's day lies in its month, and the index is by day.
        first = month_begins(account.month).date()
        rows = rows.filter(day__gte=first, day__lt=month_begins(month_after(account.month)).date())
    used = _total(rows, "counted")
    used += sum(each.counted for each in corrections if each.month == account.month)
    if account.month_used != used:
        yield Problem("month_used", f"month {account.month}", account.month_used, used)


def _counters(account: BillingAccount, corrections: Sequence[Correction]) -> Iterator[Problem]:
    """The counters of every member and key and month, including those that have rows but no counter."""
    stored = {
        (row.scope, row.scope_id, row.month): (row.used, row.reserved)
        for row in LimitCounter.objects.filter(account_id=account.pk).iterator(chunk_size=ROWS_AT_ONCE)
    }
    computed: dict[tuple[str, str, int], list[int]] = defaultdict(lambda: [0, 0])
    for scope, name in ((Scope.MEMBER, "member_id"), (Scope.KEY, "key_id")):
        for scope_id, month, used in _grouped(Usage.objects.filter(account_id=account.pk), name, "counted"):
            computed[scope.value, scope_id, month][0] += used
        for each in corrections:
            if getattr(each, name):
                computed[scope.value, getattr(each, name), each.month][0] += each.counted
        held = Reservation.objects.filter(account_id=account.pk, state=State.OPEN.value)
        for scope_id, month, reserved in _grouped(held.exclude(may_host_pay=False, counts_own=False), name, "ceiling"):
            computed[scope.value, scope_id, month][1] += reserved
    for key in sorted(stored.keys() | computed.keys()):
        mine, theirs = stored.get(key, (0, 0)), tuple(computed.get(key, (0, 0)))
        if mine != theirs:
            yield Problem("counter", f"{key[0]} {key[1]} in {key[2]}", mine, theirs)


def _grouped(rows: Any, name: str, amount: str) -> Iterator[tuple[str, int, int]]:
    found = rows.exclude(**{name: ""}).values_list(name, "month").annotate(total=Sum(amount)).order_by()
    yield from found.iterator(chunk_size=ROWS_AT_ONCE)


def _usage_rows(account: BillingAccount) -> Iterator[Problem]:
    """Each cost is charged + carried, and follows from its price version; so does each corrected cost."""
    books = _Books()
    corrected: dict[int, list[Correction]] = defaultdict(list)
    for each in corrections_of(account.pk):
        corrected[each.usage_id].append(each)
    for row in Usage.objects.filter(account_id=account.pk).order_by("pk").iterator(chunk_size=ROWS_AT_ONCE):
        if row.cost != row.charged + row.carried:
            yield Problem("usage_parts", str(row), row.cost, row.charged + row.carried)
        if not row.is_estimated and not row.quarantined:
            yield from books.check(row, row.price_version_id, row.cost, "usage_price")
        cost = row.cost
        for each in corrected.get(row.pk, ()):
            cost += each.cost
            if each.cost != each.charged + each.carried:
                yield Problem("usage_parts", f"{row}, {each.source}", each.cost, each.charged + each.carried)
            yield from books.check(row, each.price_version_id, cost, "correction_price")


class _Books:
    """What rows cost by the price versions they name."""

    def __init__(self) -> None:
        self._books: dict[int, PriceBook] = {}

    def check(self, row: Usage, version: int | None, cost: int, check: str) -> Iterator[Problem]:
        if version is None:
            return
        if version not in self._books:
            self._books[version] = PriceBook([(version, price_models_of(version))])
        computed = usage_cost(row, self._books[version])
        if computed != cost:
            yield Problem(check, str(row), cost, computed)


def usage_cost(row: Usage, book: PriceBook) -> int | str:
    """The row's cost by a book, or the code of why that has no price for it."""
    try:
        return usage_priced(row, book)[0]
    except Quarantined as reason:
        return str(reason.code)


def _total(rows: Any, name: str) -> int:
    return int(rows.aggregate(total=Sum(name))["total"] or 0)

"""What a batch of operations changed, gathered in order and written in few statements."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import connection

from billing.ledger.alerting import LastCredit
from billing.ledger.facts import Account, Counter, CounterKey, Hold
from billing.pricing.classes import TOKEN_CLASSES
from billing.store.firings import Fired, insert_firings
from billing.store.reading import StoredHold
from opencode.lib.sql import delete_by_id, insert, stored_moment, update_by_id, upsert

ACCOUNT_COLUMNS: Final = ("balance", "reserved", "entry_seq", "month", "month_used", "month_reserved")
HOLD_COLUMNS: Final = (
    *("account_id", "request_id", "fingerprint", "state", "ceiling", "month", "member_id", "key_id", "session_id"),
    *("model", "price_version_id", "may_host_pay", "counts_own", "created_at", "expires_at", "ended_at", "process_id"),
)
USAGE_COLUMNS: Final = (
    *("account_id", "request_id", "model", "fingerprint", "month", "day", "member_id", "key_id", "session_id"),
    *TOKEN_CLASSES,
    *("prompt", "units", "context", "price_version_id", "payer", "cost", "charged", "carried", "counted"),
    *("is_estimated", "quarantined", "was_expired", "seq", "balance_after", "at", "recorded_at"),
)
ENTRY_COLUMNS: Final = (
    *("account_id", "seq", "source", "amount", "balance_after", "reason", "at", "usage_id", "cost", "charged"),
    *("carried", "counted", "price_version_id"),
)
QUARANTINE_COLUMNS: Final = (
    *("account_id", "request_id", "code", "detail", "wire_format", "body", "at", "resolved_by", "reason"),
)
_COUNTER_UNIQUE: Final = ("account_id", "scope", "scope_id", "month")
_ROLLUP_UNIQUE: Final = ("account_id", "day", "model", "key_id", "member_id", "source")
_ROLLUP_SUMS: Final = ("requests", "quarantined", *TOKEN_CLASSES, "cost", "charged", "carried", "own_cost")
_DAY_UNIQUE: Final = ("account_id", "day")
_DAY_SUMS: Final = ("requests", "used")
_DAY_LAST: Final = ("last_seq", "balance_after")
_LIMIT: Final = {"sqlite": '"limit"', "mysql": "`limit`"}

RollupKey = tuple[int, str, str, str, str, str]
"""Account, day such as 2026-11-29, model, key, member and source."""


@dataclass(slots=True)
class PostedDay:
    """The usage rows of one day that moved a balance, in one batch."""

    first_seq: int
    last_seq: int = 0
    balance_after: int = 0
    requests: int = 0
    used: int = 0


@dataclass(slots=True)
class Changes:
    """Rows as the columns above name them. `holds` are new reservations; `ended` and `settled` name written ones."""

    accounts: dict[int, Account] = field(default_factory=dict)
    counters: dict[tuple[int, CounterKey], Counter] = field(default_factory=dict)
    holds: dict[tuple[int, str], StoredHold] = field(default_factory=dict)
    ended: dict[int, Hold] = field(default_factory=dict)
    settled: list[int] = field(default_factory=list)
    usage: list[tuple[Any, ...]] = field(default_factory=list)
    entries: list[tuple[Any, ...]] = field(default_factory=list)
    quarantined: list[tuple[Any, ...]] = field(default_factory=list)
    rollups: dict[RollupKey, list[int]] = field(default_factory=dict)
    days: dict[tuple[int, str], PostedDay] = field(default_factory=dict)
    last_credits: dict[int, LastCredit] = field(default_factory=dict)
    fired: list[Fired] = field(default_factory=list)

    def rolled_up(self, key: RollupKey, **amounts: int) -> None:
        """Add amounts to a day's sums, by the names of their columns."""
        sums = self.rollups.setdefault(key, [0] * len(_ROLLUP_SUMS))
        for name, amount in amounts.items():
            sums[_ROLLUP_PLACE[name]] += amount

    def posted(self, account_id: int, at: datetime, seq: int, balance_after: int, used: int) -> None:
        """Note a usage row that moved the balance; rows come in the order of their numbers."""
        day = self.days.setdefault((account_id, at.date().isoformat()), PostedDay(seq))
        day.last_seq, day.balance_after = seq, balance_after
        day.requests += 1
        day.used += used

    def write(self) -> None:
        """In the order in which locks are taken everywhere: account, counters, reservations, rows, sums, alerts."""
        accounts = [_account_row(account_id, account) for account_id, account in _sorted(self.accounts)]
        update_by_id("billing_billingaccount", ACCOUNT_COLUMNS, accounts)
        self._write_counters()
        holds = [_hold_row(account_id, stored) for (account_id, _), stored in self.holds.items()]
        insert("billing_reservation", HOLD_COLUMNS, holds)
        ended = [(hold.state.value, _moment(hold.ended_at), row) for row, hold in _sorted(self.ended)]
        update_by_id("billing_reservation", ("state", "ended_at"), ended)
        delete_by_id("billing_reservation", sorted(self.settled))
        insert("billing_usage", USAGE_COLUMNS, self.usage)
        insert("billing_ledgerentry", ENTRY_COLUMNS, self.entries)
        insert("billing_quarantinedrequest", QUARANTINE_COLUMNS, self.quarantined)
        self._write_sums()
        credited = [(*each, account_id) for account_id, each in _sorted(self.last_credits)]
        update_by_id("billing_billingaccount", ("credited_seq", "credited_balance"), credited)
        insert_firings(self.fired)

    def _write_counters(self) -> None:
        limit = _LIMIT[connection.vendor]
        rows = [
            (account_id, key.scope.value, key.id, key.month, counter.used, counter.reserved, counter.limit)
            for (account_id, key), counter in self.counters.items()
        ]
        rows.sort(key=lambda row: row[:4])
        columns = (*_COUNTER_UNIQUE, "used", "reserved", limit)
        upsert("billing_limitcounter", columns, rows, unique=_COUNTER_UNIQUE, replace=("used", "reserved"))

    def _write_sums(self) -> None:
        rollups = [(*key, *sums) for key, sums in _sorted(self.rollups)]
        columns = (*_ROLLUP_UNIQUE, *_ROLLUP_SUMS)
        upsert("billing_usagerollup", columns, rollups, unique=_ROLLUP_UNIQUE, add=_ROLLUP_SUMS)
        days = [
            (*key, day.requests, day.used, day.first_seq, day.last_seq, day.balance_after)
            for key, day in _sorted(self.days)
        ]
        of_day = (*_DAY_UNIQUE, *_DAY_SUMS, "first_seq", *_DAY_LAST)
        upsert("billing_statementday", of_day, days, unique=_DAY_UNIQUE, add=_DAY_SUMS, replace=_DAY_LAST)


_ROLLUP_PLACE: Final = {name: place for place, name in enumerate(_ROLLUP_SUMS)}


def _sorted(rows: Mapping[Any, Any]) -> list[tuple[Any, Any]]:
    return sorted(rows.items(), key=lambda row: row[0])


def _account_row(account_id: int, account: Account) -> tuple[Any, ...]:
    return (*(getattr(account, name) for name in ACCOUNT_COLUMNS), account_id)


def _hold_row(account_id: int, stored: StoredHold) -> tuple[Any, ...]:
    hold = stored.hold
    return (
        *(account_id, hold.request_id, hold.fingerprint, hold.state.value, hold.ceiling, hold.month, hold.member_id),
        *(hold.key_id, stored.session_id, stored.model, stored.price_version_id, hold.may_host_pay, hold.counts_own),
        *(stored_moment(stored.created_at), stored_moment(hold.expires_at), _moment(hold.ended_at), stored.process_id),
    )


def _moment(moment: datetime | None) -> Any:
    return None if moment is None else stored_moment(moment)

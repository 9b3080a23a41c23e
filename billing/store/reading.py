"""Locks accounts, and reads the rows that a batch of operations decides by."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db import connection

from billing.ledger.alerting import LastCredit
from billing.ledger.facts import Account, Counter, CounterKey, Funding, Hold, Original, Payer, Scope, State
from opencode.lib.sql import fetch, flat, places, read_moment, tuples

Pair = tuple[int, str]
"""An account's id, and a request id or a source."""


class LockedAccount(NamedTuple):
    id: int
    workspace_id: str
    last_credit: LastCredit
    facts: Account


class StoredHold(NamedTuple):
    """An open or ended reservation; `id` is None while it is not written yet.

    What stands behind `created_at` is known of new ones only.
    """

    id: int | None
    hold: Hold
    session_id: str
    created_at: datetime
    model: str = ""
    price_version_id: int | None = None
    process_id: int | None = None


class StoredUsage(NamedTuple):
    """A usage row as a correction needs it; `facts` contain the corrections made so far."""

    account_id: int
    facts: Original
    day: str
    model: str


_ACCOUNTS: Final = (
    "SELECT a.id, a.workspace_id, a.credited_seq, a.credited_balance, a.funding, a.month, a.balance, a.reserved, "
    "a.entry_seq, a.month_used, a.month_reserved, a.monthly_limit, a.counts_own, a.frozen_at IS NOT NULL, "
    "(SELECT w.deleted_at IS NOT NULL OR w.blocked_at IS NOT NULL FROM workspaces_workspace w "
    "WHERE w.id = a.workspace_id) FROM billing_billingaccount a WHERE a.id IN ({ids}) ORDER BY a.id{lock}"
)
# SQLite scans the whole table for `(a, b) IN (VALUES …)`; joined from the pairs, each is one search in the index.
# MariaDB takes the list as ranges of the index.
_BY_PAIR: Final = {
    "sqlite": "WITH wanted (a, b) AS (VALUES {pairs}) SELECT {columns} FROM wanted w "
    "CROSS JOIN {table} t ON t.account_id = w.a AND t.{name} = w.b",
    "mysql": "SELECT {columns} FROM {table} t WHERE (t.account_id, t.{name}) IN ({pairs})",
}
_HOLD: Final = (
    "t.account_id, t.id, t.session_id, t.created_at, t.request_id, t.fingerprint, t.ceiling, t.month, t.expires_at, "
    "t.member_id, t.key_id, t.may_host_pay, t.counts_own, t.state, t.ended_at"
)
_COUNTERS: Final = {
    "sqlite": "WITH wanted (a, b, c, d) AS (VALUES {rows}) SELECT {columns} FROM wanted w "
    "CROSS JOIN billing_limitcounter t ON t.account_id = w.a AND t.scope = w.b AND t.scope_id = w.c AND t.month = w.d",
    "mysql": "SELECT {columns} FROM billing_limitcounter t "
    "WHERE (t.account_id, t.scope, t.scope_id, t.month) IN ({rows})",
}
_COUNTER: Final = "t.account_id, t.scope, t.scope_id, t.month, t.used, t.reserved, t.{limit}"
_ORIGINALS: Final = (
    "SELECT u.id, u.account_id, u.payer, u.month, u.cost, u.charged, u.carried, u.counted, u.member_id, u.key_id, "
    "u.day, u.model FROM billing_usage u WHERE u.id IN ({ids})"
)
_CORRECTIONS: Final = (
    "SELECT e.usage_id, SUM(e.cost), SUM(e.charged), SUM(e.carried), SUM(e.counted) FROM billing_ledgerentry e "
    "WHERE e.usage_id IN ({ids}) GROUP BY e.usage_id"
)
# A row that another process has locked waits for the next batch instead of delaying this one; SQLite has no row locks.
_LOCK: Final = {"sqlite": ("", ""), "mysql": (" FOR UPDATE", " FOR UPDATE SKIP LOCKED")}
_QUOTED: Final = {"sqlite": '"limit"', "mysql": "`limit`"}


def lock_accounts(ids: Sequence[int], *, skip_locked: bool) -> dict[int, LockedAccount]:
    """Lock the accounts' rows, in id order; a missing id does not exist or, when skipping, is locked elsewhere."""
    sql = _ACCOUNTS.format(ids=places(len(ids)), lock=_LOCK[connection.vendor][skip_locked])
    return {row[0]: LockedAccount(row[0], row[1], LastCredit(*row[2:4]), _account(row[4:])) for row in fetch(sql, ids)}


def stored_holds(pairs: Sequence[Pair]) -> dict[Pair, StoredHold]:
    found = {}
    rows = _by_pair("billing_reservation", "request_id", _HOLD, pairs)
    for account_id, row_id, session_id, created_at, *fields in rows:
        found[account_id, fields[0]] = StoredHold(row_id, _hold(fields), session_id, read_moment(created_at))
    return found


def settled_requests(pairs: Sequence[Pair]) -> dict[Pair, str]:
    """The fingerprint that each of the requests was settled with, of those that were."""
    rows = _by_pair("billing_usage", "request_id", "t.account_id, t.request_id, t.fingerprint", pairs)
    return {(account_id, request_id): fingerprint for account_id, request_id, fingerprint in rows}


def stored_entries(pairs: Sequence[Pair]) -> dict[Pair, int]:
    """The amount that each of the sources gave, of those that gave one."""
    rows = _by_pair("billing_ledgerentry", "source", "t.account_id, t.source, t.amount", pairs)
    return {(account_id, source): amount for account_id, source, amount in rows}


def stored_counters(keys: Sequence[tuple[int, CounterKey]]) -> dict[tuple[int, CounterKey], Counter]:
    if not keys:
        return {}
    columns = _COUNTER.format(limit=_QUOTED[connection.vendor])
    sql = _COUNTERS[connection.vendor].format(columns=columns, rows=tuples(len(keys), 4))
    values = flat((account_id, key.scope.value, key.id, key.month) for account_id, key in keys)
    return {
        (account_id, CounterKey(Scope(scope), scope_id, month)): Counter(used, reserved, limit)
        for account_id, scope, scope_id, month, used, reserved, limit in fetch(sql, values)
    }


def stored_usage(ids: Sequence[int]) -> dict[int, StoredUsage]:
    """Usage rows by their ids."""
    if not ids:
        return {}
    corrected = {row[0]: row[1:] for row in fetch(_CORRECTIONS.format(ids=places(len(ids))), ids)}
    found = {}
    for row_id, account_id, payer, month, *rest in fetch(_ORIGINALS.format(ids=places(len(ids))), ids):
        changes = corrected.get(row_id, (0, 0, 0, 0))
        cost, charged, carried, counted = (int(sum(pair)) for pair in zip(rest[:4], changes, strict=True))
        facts = Original(Payer(payer), month, cost, charged, carried, counted, rest[4], rest[5])
        found[row_id] = StoredUsage(account_id, facts, str(rest[6]), rest[7])
    return found


def _by_pair(table: str, name: str, columns: str, pairs: Sequence[Pair]) -> list[Sequence[Any]]:
    if not pairs:
        return []
    sql = _BY_PAIR[connection.vendor].format(table=table, name=name, columns=columns, pairs=tuples(len(pairs)))
    return fetch(sql, flat(pairs))


def _account(row: Sequence[Any]) -> Account:
    funding, *amounts, counts_own, is_frozen, is_closed = row
    month, balance, reserved, entry_seq, used, held, limit = amounts
    flags = (bool(counts_own), bool(is_frozen), bool(is_closed))
    return Account(Funding(funding), month, balance, reserved, entry_seq, used, held, limit, *flags)


def _hold(row: Sequence[Any]) -> Hold:
    request_id, fingerprint, ceiling, month, expires_at, member_id, key_id, may_host_pay, counts_own, state, ended = row
    return Hold(
        request_id=request_id,
        fingerprint=fingerprint,
        ceiling=ceiling,
        month=month,
        expires_at=read_moment(expires_at),
        member_id=member_id,
        key_id=key_id,
        may_host_pay=bool(may_host_pay),
        counts_own=bool(counts_own),
        state=State(state),
        ended_at=read_moment(ended) if ended is not None else None,
    )

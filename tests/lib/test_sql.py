"""Statements over many rows: whatever the values, they come back as they were, on both databases."""

from typing import Any

import pytest

from billing.models import BillingAccount, LedgerEntry, StatementDay
from opencode.lib.clock import utc_now
from opencode.lib.sql import insert, stored_moment, update_by_id, upsert

pytestmark = pytest.mark.django_db
COLUMNS = ("account_id", "seq", "source", "amount", "balance_after", "reason", "at", "usage_id")
TEXTS = (
    *("", "it's", '"quoted"', "back\\slash\\'", "50 % of %s and %(name)s", "{0} {table} {{}}", "line\nnext\ttab"),
    *("); DROP TABLE billing_ledgerentry; --", "\\", "Grüße 漢字 🎉", "/* */ # -- ?"),
)
NUMBERS = (0, 1, -1, 2**63 - 1, -(2**63))


def row(number: int, reason: str, amount: int = 0, usage_id: int | None = None) -> tuple[Any, ...]:
    return (1, number, f"s:{number}", amount, 0, reason, stored_moment(utc_now()), usage_id)


def stored(*names: str) -> list[Any]:
    return list(LedgerEntry.objects.order_by("seq").values_list(*names))


def test_texts_come_back_as_they_were() -> None:
    insert("billing_ledgerentry", COLUMNS, [row(number, text) for number, text in enumerate(TEXTS)])
    assert stored("reason") == [(text,) for text in TEXTS]
    turned = list(reversed(TEXTS))
    ids = LedgerEntry.objects.order_by("seq").values_list("pk", flat=True)
    update_by_id(
        "billing_ledgerentry", ("reason", "usage_id"), [(text, None, pk) for text, pk in zip(turned, ids, strict=True)]
    )
    assert stored("reason", "usage_id") == [(text, None) for text in turned]


def test_numbers_up_to_both_ends_and_none_come_back_as_they_were() -> None:
    rows = [row(number, "", amount, usage_id=None) for number, amount in enumerate(NUMBERS)]
    insert("billing_ledgerentry", COLUMNS, [*rows, row(9, "", 0, usage_id=7)])
    assert stored("amount", "usage_id") == [*((amount, None) for amount in NUMBERS), (0, 7)]


def test_truth_and_none_are_written_as_what_they_are() -> None:
    accounts = [BillingAccount.objects.create(workspace_id=f"wrk_{number}") for number in range(2)]
    columns = ("counts_own", "monthly_limit")
    update_by_id("billing_billingaccount", columns, [(False, 5, accounts[0].pk), (True, None, accounts[1].pk)])
    found = BillingAccount.objects.order_by("pk").values_list(*columns)
    assert list(found) == [(False, 5), (True, None)]


def test_rows_that_are_there_are_added_to_or_replaced() -> None:
    unique, sums = ("account_id", "day"), ("requests", "used")
    columns = (*unique, *sums, "first_seq", "last_seq", "balance_after")
    first = [(1, "2026-11-29", 1, 10, 1, 1, -10)]
    second = [(1, "2026-11-29", 2, 5, 2, 3, -15), (1, "2026-11-30", 1, 1, 4, 4, -16)]
    for rows in (first, second):
        upsert("billing_statementday", columns, rows, unique=unique, add=sums, replace=("balance_after",))
    found = StatementDay.objects.order_by("day").values_list("requests", "used", "first_seq", "balance_after")
    assert list(found) == [(3, 15, 1, -15), (1, 1, 4, -16)]


def test_nothing_is_no_statement() -> None:
    insert("billing_ledgerentry", COLUMNS, [])
    update_by_id("billing_ledgerentry", ("reason",), [])
    assert stored("pk") == []

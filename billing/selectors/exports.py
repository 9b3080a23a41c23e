"""What billing puts into an export: of a workspace its account, ledger and usage, of a person their usage by day.

Read in pieces, so that memory does not grow with the rows.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from django.db.models import QuerySet

from billing.models import BillingAccount, LedgerEntry, TopUp, Usage, UsageRollup
from billing.pricing.classes import TOKEN_CLASSES
from billing.selectors.usage import ROLLUPS
from opencode.lib.paging import Keyset, Place, by_id, by_number
from workspaces.models import Membership

ROWS_AT_ONCE: Final = 1_000
_ACCOUNT: Final = ("funding", "balance", "reserved", "month", "month_used", "month_reserved", "monthly_limit")
_ENTRY: Final = ("seq", "source", "amount", "balance_after", "at", "usage_id", "cost", "charged", "carried")
_USAGE: Final = (
    *("id", "request_id", "model", "day", "member_id", "key_id", "session_id", *TOKEN_CLASSES, "units", "context"),
    *("price_version_id", "payer", "cost", "charged", "carried", "is_estimated", "quarantined", "seq", "balance_after"),
    *("at", "recorded_at"),
)
_DAY: Final = (
    *("day", "source", "model", "key_id", "member_id", "requests", "quarantined", *TOKEN_CLASSES, "cost", "charged"),
    *("carried", "own_cost"),
)


_PAYMENT: Final = (
    *(
        "id",
        "kind",
        "state",
        "credit_cents",
        "fee_cents",
        "tax_cents",
        "total_cents",
        "refunded_cents",
        "disputed_cents",
    ),
    *("clawed_cents", "person_id", "card", "receipt_url", "invoice_url", "created_at", "paid_at"),
)
_ENTRIES: Final = Keyset(by_number("seq"))
_PAYMENTS: Final = Keyset(by_number("pk"))
_REQUESTS: Final = Keyset(by_id("request_id"), by_id("model"))


def account_exported(workspace_id: str) -> dict[str, Any]:
    rows = BillingAccount.objects.filter(workspace_id=workspace_id)
    return dict(rows.values(*_ACCOUNT, "created_at", "frozen_at").get())


def ledger_exported(workspace_id: str) -> Iterator[dict[str, Any]]:
    """Entries in the order of their numbers; usage that moved the balance has its numbers among them."""
    return _rows(LedgerEntry.objects.filter(account_id=_account_id(workspace_id)), _ENTRIES, _ENTRY)


def payments_exported(workspace_id: str) -> Iterator[dict[str, Any]]:
    """Top-ups, in cents."""
    return _rows(TopUp.objects.filter(account_id=_account_id(workspace_id)), _PAYMENTS, _PAYMENT)


def usage_exported(workspace_id: str) -> Iterator[dict[str, Any]]:
    """A row for each model of each request."""
    return _rows(Usage.objects.filter(account_id=_account_id(workspace_id)), _REQUESTS, _USAGE)


def usage_days_exported(workspace_id: str, **which: str) -> Iterator[dict[str, Any]]:
    """The sums by day of both sources; reported usage has no rows by request."""
    return _rows(UsageRollup.objects.filter(account_id=_account_id(workspace_id), **which), ROLLUPS, _DAY)


def own_usage_exported(user_id: str) -> Iterator[dict[str, Any]]:
    """The person's sums by day, in every open workspace they belong to."""
    is_open = {"workspace__deleted_at": None, "workspace__blocked_at": None}
    places = Membership.objects.filter(user_id=user_id, **is_open).order_by("workspace_id")
    for workspace_id in list(places.values_list("workspace_id", flat=True)):
        for row in usage_days_exported(workspace_id, member_id=user_id):
            yield {"workspace_id": workspace_id, **row}


def _rows(rows: QuerySet[Any], order: Keyset, fields: Sequence[str]) -> Iterator[dict[str, Any]]:
    place: Place | None = None
    while found := list(order.after(rows, place)[:ROWS_AT_ONCE]):
        yield from ({name: getattr(row, name) for name in fields} for row in found)
        place = order.place(found[-1])


def _account_id(workspace_id: str) -> int:
    return BillingAccount.objects.values_list("pk", flat=True).get(workspace_id=workspace_id)

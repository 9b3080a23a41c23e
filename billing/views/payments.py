"""The payments of a workspace, with credit, fee, tax, total, what was refunded, receipt and invoice."""

from collections.abc import Iterable, Mapping
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from billing.selectors.payments import PAYMENTS_SHOWN, Payment, payments_of, payments_state
from billing.selectors.usage import account_of
from opencode.lib.paging import Keyset, by_number
from workspaces.access import page_access

PERMISSION: Final = "usage.view_all"
PAYMENTS: Final = Keyset(by_number("id", is_descending=True))
STATES: Final[Mapping[str, tuple[str, str]]] = {
    "pending": ("Waiting for the bank", "warn"),
    "paid": ("Paid", "ok"),
    "refunded": ("Refunded", ""),
    "disputed": ("Disputed", "bad"),
    "failed": ("Not paid", ""),
    "refused": ("Not accepted", "bad"),
}
"""What a payment's state is called, and the colour of its badge."""


@require_safe
def payment_list(request: HttpRequest, slug: str) -> HttpResponse:
    access = page_access(request, slug, PERMISSION)
    account = account_of(access.workspace.pk)
    place = PAYMENTS.read_or_first(request.GET.get("before"))
    found = payments_of(account.pk, before_id=place[0] if place else None, limit=PAYMENTS_SHOWN + 1)
    page = found[:PAYMENTS_SHOWN]
    context = {
        "access": access,
        "nav": "billing",
        "state": payments_state(account),
        "paid": payment_lines(page),
        "further": PAYMENTS.cursor(page[-1]) if len(found) > len(page) else "",
        "is_first": place is None,
        "may_pay": access.can("billing.manage"),
    }
    return render(request, "billing/payments.html", context)


def payment_lines(payments: Iterable[Payment]) -> list[tuple[Payment, str, str]]:
    """Each with the words and the colour of its state."""
    return [(payment, *STATES[payment.state]) for payment in payments]

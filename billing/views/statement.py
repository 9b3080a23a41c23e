"""The statement of an account, its lines of usage opened into requests, and as CSV."""

from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from billing.forms import StatementForm
from billing.ledger.statement import Line
from billing.models import LedgerEntry
from billing.selectors.requests import POSTED, posted_rows, request_rows
from billing.selectors.statement import STATEMENT, statement_page
from billing.selectors.usage import account_of
from billing.services.statementexport import statement_export
from opencode.lib.clock import utc_now
from opencode.lib.csvcells import csv_response
from opencode.lib.errors import NotFound
from workspaces.access import page_access

PERMISSION: Final = "usage.view_all"
KINDS: Final = {
    "grant": "Credit granted",
    "lapse": "Granted credit lapsed",
    "topup": "Payment",
    "claw": "Payment taken back",
    "allowance": "Plan’s allowance",
    "reprice": "Usage priced anew",
    "release": "Usage released from quarantine",
}
CAUSES: Final = {
    "grant": ("workspaces:audit", "?action=billing.grant"),
    "lapse": ("billing:billing", "#grants"),
    "topup": ("billing:payments", ""),
    "claw": ("billing:payments", ""),
    "allowance": ("billing:billing", "#plan"),
}
"""Where the cause of an entry is shown: an address of the workspace, and the end of it."""
NUMBERS: Final = 2**62


@require_safe
def statement(request: HttpRequest, slug: str) -> HttpResponse:
    access = page_access(request, slug, PERMISSION)
    form = StatementForm(request.GET)
    account = account_of(access.workspace.pk)
    place = STATEMENT.read_or_first(request.GET.get("before"))
    page = statement_page(account.pk, form.wanted(), place)
    query = {name: value for name, value in request.GET.items() if name in form.fields and value}
    context = {
        "access": access,
        "nav": "billing",
        "form": form,
        "account": account,
        "lines": [(line, *_words(line, slug)) for line in page.lines],
        "opening": page.opening,
        "query": urlencode(query),
        "older": urlencode({**query, "before": page.next}) if page.next else "",
        "is_first": place is None,
    }
    return render(request, "billing/statement.html", context, status=422 if form.errors else 200)


@require_safe
def statement_csv(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """Every line of exactly the page's filter."""
    access = page_access(request, slug, PERMISSION)
    lines = statement_export(account_id=account_of(access.workspace.pk).pk, wanted=StatementForm(request.GET).wanted())
    return csv_response(lines, f"statement-{access.workspace.slug}-{utc_now():%Y%m%d-%H%M%S}.csv")


@require_safe
def statement_rows(request: HttpRequest, slug: str, first: int, last: int) -> HttpResponse:
    """The usage rows that were posted under the numbers from `first` to `last`: a line of the statement, opened."""
    access = page_access(request, slug, PERMISSION)
    if not first <= last < NUMBERS:
        raise NotFound
    account = account_of(access.workspace.pk)
    place = POSTED.read_or_first(request.GET.get("before"))
    page = POSTED.page(posted_rows(account.pk, first, last), place)
    context: dict[str, Any] = {
        "access": access,
        "nav": "billing",
        "rows": request_rows(account, page.rows),
        "page": page,
        "is_first": place is None,
        "has_balance": True,
    }
    return render(request, "billing/statement_rows.html", context)


def _words(line: Line[LedgerEntry], slug: str) -> tuple[str, str]:
    """What a line is about, and the address of its cause; empty without one."""
    entry = line.entry
    if entry is None:
        return f"Usage, {line.rows:,} row{'' if line.rows == 1 else 's'}", reverse(
            "billing:statement_rows", args=[slug, line.first_seq, line.last_seq]
        )
    kind = entry.source.partition(":")[0]
    if entry.usage_id is not None:
        return KINDS.get(kind, entry.source), reverse("billing:usage_row", args=[slug, entry.usage_id])
    cause = ""
    if kind in CAUSES:
        address, end = CAUSES[kind]
        cause = reverse(address, args=[slug]) + end
    return KINDS.get(kind, entry.source), cause

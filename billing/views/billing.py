"""The Billing page: what may be spent, what bounds it, and the monthly budget, which owners and admins set there."""

from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from billing.forms import BudgetForm
from billing.models import StripeCustomer
from billing.selectors.alerts import alert_lines
from billing.selectors.charges import charges_next
from billing.selectors.overview import overview_of
from billing.selectors.payments import payments_of, payments_state
from billing.selectors.plans import plan_shown
from billing.selectors.usage import account_of
from billing.services.budgets import budget_set
from billing.views.payments import payment_lines
from opencode.lib.clock import utc_now
from opencode.lib.errors import Forbidden
from opencode.lib.money import format_dollars
from workspaces.access import page_access

PERMISSION: Final = "usage.view_all"
PAYMENTS_HERE: Final = 5


@require_http_methods(["GET", "HEAD", "POST"])
def billing(request: HttpRequest, slug: str) -> HttpResponse:
    """POST sets the monthly budget."""
    access = page_access(request, slug, PERMISSION)
    if request.method == "POST" and not access.can("budget.set"):
        raise Forbidden
    account = account_of(access.workspace.pk)
    form = BudgetForm(request.POST if request.method == "POST" else None, monthly_limit=account.monthly_limit)
    if request.method == "POST" and form.is_valid():
        limit = form.cleaned_data["monthly_budget"]
        budget_set(workspace_id=access.workspace.pk, monthly_limit=limit, actor=access.actor)
        said = "The workspace has no monthly budget now." if limit is None else _said(limit)
        messages.success(request, said)
        return redirect("billing:billing", slug)
    now = utc_now()
    customer = StripeCustomer.objects.filter(pk=account.pk).first()
    context = {
        "access": access,
        "nav": "billing",
        "alerts": alert_lines(account, now=now),
        "plan": plan_shown(account, now),
        "charges": charges_next(account.pk, customer),
        "customer": customer,
        "form": form,
        "may_budget": access.can("budget.set"),
        "shown": overview_of(account, now),
        "state": payments_state(account),
        "may_pay": access.can("billing.manage"),
        "paid": payment_lines(payments_of(account.pk, limit=PAYMENTS_HERE)),
    }
    return render(request, "billing/billing.html", context, status=422 if form.errors else 200)


def _said(limit: int) -> str:
    return f"The monthly budget is {format_dollars(limit)} now."

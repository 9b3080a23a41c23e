"""The plans: what each has and costs, which one the workspace is on, and choosing another."""

from dataclasses import dataclass
from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from billing.errors import PlansOff
from billing.forms import PlanForm
from billing.plans import PLANS, Plan
from billing.selectors.payments import payments_state
from billing.selectors.plans import PlanShown, plan_shown
from billing.selectors.usage import account_of
from billing.stripe.subscribing import plan_choose
from opencode.lib.clock import utc_now
from opencode.lib.errors import Forbidden
from workspaces.access import page_access

ACTS: Final = ("subscribe", "change", "end", "resume")


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan and what it costs a month, in cents; `act` is one of ACTS, or current, ending or nothing."""

    plan: Plan
    act: str
    cents: int


@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest, slug: str) -> HttpResponse:
    """POST chooses one, and leads to Stripe's page when there is no subscription yet."""
    access = page_access(request, slug, "usage.view_all")
    if request.method == "POST" and not access.can("billing.manage"):
        raise Forbidden
    now, account = utc_now(), account_of(access.workspace.pk)
    shown = plan_shown(account, now)
    if shown is None:
        raise PlansOff
    form = PlanForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        address = plan_choose(workspace=access.workspace, plan=form.cleaned_data["plan"], actor=access.actor, now=now)
        if address:
            return HttpResponseRedirect(address)
        messages.success(request, _said(plan_shown(account_of(access.workspace.pk), now)))
        return redirect("billing:plan", slug)
    context = {
        "access": access,
        "nav": "billing",
        "state": payments_state(account),
        "plan": shown,
        "acts": ACTS,
        "offers": [_offer(each, shown) for each in PLANS.values()],
        "may_pay": access.can("billing.manage"),
    }
    return render(request, "billing/plans.html", context, status=422 if form.errors else 200)


def _offer(plan: Plan, shown: PlanShown) -> Offer:
    cents = plan.cents * plan.seats_billed(shown.members)
    if plan.name == shown.plan.name:
        return Offer(plan, "resume" if shown.state == "ending" else "current", cents)
    if not shown.has_subscription:
        return Offer(plan, "subscribe" if plan.is_sold else "nothing", cents)
    if not plan.is_sold:
        return Offer(plan, "ending" if shown.state == "ending" else "end", cents)
    return Offer(plan, "change" if shown.state in ("active", "ending") else "nothing", cents)


def _said(shown: PlanShown | None) -> str:
    if shown is None or shown.customer is None:
        return "Nothing has changed."
    if shown.state == "ending" and shown.customer.ends_at is not None:
        return f"The plan {shown.plan.label} ends on {shown.customer.ends_at:%-d %B %Y}."
    return f"The workspace is on the plan {shown.plan.label} now."

"""Topping up: what it costs before leaving for the page to pay on, and what became of it afterwards."""

from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.errors import PaymentsOff
from billing.forms import TopUpForm
from billing.models import TopUp
from billing.pricing.fees import USUAL_CENTS, fee_cents
from billing.selectors.payments import payment_shown, payments_state
from billing.selectors.usage import account_of
from billing.stripe.portal import portal_open
from billing.stripe.topups import WAITING, top_up_begin, top_up_look
from opencode.lib.clock import utc_now
from opencode.lib.errors import NotFound
from workspaces.access import page_access

PRESETS: Final = (10, 20, 50, 100, 200)
"""Dollars."""


@require_http_methods(["GET", "HEAD", "POST"])
def top_up(request: HttpRequest, slug: str) -> HttpResponse:
    """Credit, fee and total; a POST leads to the page to pay on."""
    access = page_access(request, slug, "billing.manage")
    account = account_of(access.workspace.pk)
    state = payments_state(account)
    if not state.is_on:
        raise PaymentsOff
    given = request.POST if request.method == "POST" else request.GET
    form = TopUpForm(given if "amount" in given else {"amount": USUAL_CENTS // 100})
    is_valid = form.is_valid()
    if is_valid and request.method == "POST":
        return HttpResponseRedirect(top_up_begin(workspace=access.workspace, actor=access.actor, cents=form.cents))
    cents = form.cents if is_valid else 0
    context = {
        "access": access,
        "nav": "billing",
        "state": state,
        "form": form,
        "presets": PRESETS,
        "amount": form.cleaned_data["amount"] if is_valid else None,
        "credit": cents,
        "fee": fee_cents(cents),
        "total": cents + fee_cents(cents),
        "balance": account.balance,
    }
    return render(request, "billing/topup.html", context, status=200 if is_valid else 422)


@require_safe
def top_up_shown(request: HttpRequest, slug: str, top_up_id: int) -> HttpResponse:
    """What has become of one; while it is open the page looks again by itself."""
    access = page_access(request, slug, "billing.manage")
    account = account_of(access.workspace.pk)
    row = TopUp.objects.filter(pk=top_up_id, account_id=account.pk).first()
    if row is None:
        raise NotFound
    top_up_look(row, now=utc_now())
    context = {
        "access": access,
        "nav": "billing",
        "state": payments_state(account),
        "payment": payment_shown(row),
        "is_open": row.state in WAITING,
        "balance": account.balance,
    }
    part = getattr(request, "htmx", False)
    return render(request, "billing/topup_state.html" if part else "billing/topup_shown.html", context)


@require_POST
def portal(request: HttpRequest, slug: str) -> HttpResponse:
    """Leads to Stripe's pages for cards, invoices, company and tax id."""
    access = page_access(request, slug, "billing.manage")
    return HttpResponseRedirect(portal_open(workspace=access.workspace))

"""Topping up by itself: what owners set, how the last charges went, and trying again after a pause."""

from decimal import Decimal
from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from billing.errors import PaymentsOff
from billing.forms import AutoTopUpForm
from billing.models import AutoTopUp
from billing.selectors.payments import auto_top_up_attempts, payments_state
from billing.selectors.usage import account_of
from billing.stripe.autotopups import AutoTopUpWish, auto_top_up_retry, auto_top_up_set, charged_in_month
from opencode.lib.clock import utc_now
from workspaces.access import page_access

USUAL: Final = {"threshold": 5, "amount": 20}


@require_http_methods(["GET", "HEAD", "POST"])
def auto_top_up(request: HttpRequest, slug: str) -> HttpResponse:
    """POST sets it."""
    access = page_access(request, slug, "billing.manage")
    account = account_of(access.workspace.pk)
    if not payments_state(account).is_on:
        raise PaymentsOff
    row = AutoTopUp.objects.filter(pk=account.pk).first()
    form = AutoTopUpForm(request.POST if request.method == "POST" else None, initial=_initial(row))
    if request.method == "POST" and form.is_valid():
        wish = AutoTopUpWish(
            form.cleaned_data["is_on"],
            form.cents("threshold") or 0,
            form.cents("amount") or 0,
            form.cents("ceiling"),
        )
        auto_top_up_set(workspace=access.workspace, wish=wish, actor=access.actor)
        messages.success(request, "Saved.")
        return redirect("billing:auto_top_up", slug)
    context = {
        "access": access,
        "nav": "billing",
        "form": form,
        "row": row,
        "attempts": auto_top_up_attempts(account.pk),
        "charged": charged_in_month(account.pk, utc_now()),
        "balance": account.balance,
    }
    return render(request, "billing/autotopup.html", context, status=422 if form.errors else 200)


@require_POST
def auto_top_up_again(request: HttpRequest, slug: str) -> HttpResponse:
    """The card was changed, or is to be tried again."""
    access = page_access(request, slug, "billing.manage")
    if auto_top_up_retry(workspace=access.workspace, actor=access.actor):
        messages.success(request, "The card is charged again when the balance is below the threshold.")
    return redirect("billing:auto_top_up", slug)


def _initial(row: AutoTopUp | None) -> dict[str, object]:
    if row is None:
        return dict(USUAL)
    ceiling = None if row.ceiling_cents is None else _dollars(row.ceiling_cents)
    return {
        "is_on": row.is_on,
        "threshold": _dollars(row.threshold_cents),
        "amount": _dollars(row.amount_cents),
        "ceiling": ceiling,
    }


def _dollars(cents: int) -> Decimal:
    """With both decimals, as people write amounts."""
    return Decimal(cents).scaleb(-2)

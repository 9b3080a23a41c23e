"""What the worker does every few seconds while payments are on: events that are due, top-ups, customers, cards to
charge."""

import time
from datetime import datetime
from typing import Final

from django.conf import settings

from billing.models import TopUp
from billing.stripe.autotopups import auto_top_ups_charge
from billing.stripe.converging import converge_safely
from billing.stripe.customers import customers_converge
from billing.stripe.inbox import events_converge, events_purge
from billing.stripe.mirroring import mirrors_write
from billing.stripe.reconciling import payments_reconcile

TOP_UPS_AT_ONCE: Final = 200
SWEEP_SECONDS: Final = 60.0
"""No sweep begins another reading later than this: a Stripe that answers slowly must not pile sweeps up."""


def payments_sweep(*, now: datetime) -> int:
    """Returns how many events, top-ups, customers, charges and copies are done. Nothing while payments are `none`."""
    if settings.PAYMENTS.mode == "none":
        return 0
    read = events_converge(now=now) + top_ups_converge(now=now) + customers_converge(now=now)
    return read + auto_top_ups_charge(now=now) + mirrors_write(now=now)


def top_ups_converge(*, now: datetime) -> int:
    """Read the top-ups that are due; returns how many were."""
    until = time.monotonic() + SWEEP_SECONDS
    due = TopUp.objects.filter(due_at__lte=now).order_by("due_at", "pk")
    done = 0
    for top_up_id in list(due.values_list("pk", flat=True)[:TOP_UPS_AT_ONCE]):
        if time.monotonic() > until:
            break
        done += converge_safely(top_up_id, now=now)
    return done


def payments_reconcile_if_on(*, now: datetime) -> None:
    """One run of the reconciler; nothing while payments are `none`."""
    if settings.PAYMENTS.mode != "none":
        payments_reconcile(now=now)


def payments_purge(*, now: datetime) -> int:
    return events_purge(now=now)

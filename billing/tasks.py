"""Periodic work on money; each task calls one service. The schedule is in the settings."""

from celery import shared_task

from billing.services import alerts
from billing.services.expiry import processes_bury, reservations_expire, reservations_purge
from billing.services.grants import grants_lapse
from billing.services.plans import allowances_mint
from billing.stripe.sweeping import payments_purge, payments_reconcile_if_on, payments_sweep
from opencode.lib.clock import utc_now


@shared_task
def reservations_sweep() -> None:
    now = utc_now()
    reservations_expire(now=now)
    processes_bury(now=now)


@shared_task
def ended_reservations_purge() -> None:
    reservations_purge(now=utc_now())


@shared_task
def alerts_sweep() -> None:
    alerts.alerts_send(now=utc_now())


@shared_task
def alerts_purge() -> None:
    alerts.alerts_purge(now=utc_now())


@shared_task
def grants_sweep() -> None:
    """Old credit lapses before new is given."""
    now = utc_now()
    grants_lapse(now=now)
    allowances_mint(now=now)


@shared_task
def stripe_sweep() -> None:
    payments_sweep(now=utc_now())


@shared_task
def stripe_reconcile() -> None:
    payments_reconcile_if_on(now=utc_now())


@shared_task
def stripe_purge() -> None:
    payments_purge(now=utc_now())

"""Periodic work on money; each task calls one service. The schedule is in the settings."""

from celery import shared_task

from billing.services.reservations import reservations_expire, reservations_purge
from opencode.lib.clock import utc_now


@shared_task
def reservations_sweep() -> None:
    reservations_expire(now=utc_now())


@shared_task
def ended_reservations_purge() -> None:
    reservations_purge(now=utc_now())

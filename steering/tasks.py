"""Periodic work of steering; each task calls one service. The schedule is in the settings."""

from celery import shared_task

from opencode.lib.clock import utc_now
from steering.services import notifying, purging


@shared_task
def machines_purge() -> None:
    purging.machines_purge(now=utc_now())


@shared_task
def notices_send() -> None:
    notifying.notices_send(now=utc_now())

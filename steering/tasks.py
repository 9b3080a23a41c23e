"""Periodic work of steering; each task calls one service. The schedule is in the settings."""

from celery import shared_task

from opencode.lib.clock import utc_now
from steering.services import purging


@shared_task
def machines_purge() -> None:
    purging.machines_purge(now=utc_now())

"""Periodic work on model calls; the schedule is in the settings."""

from celery import shared_task

from gateway.services.callnotes import calls_remove
from opencode.lib.clock import utc_now


@shared_task
def calls_purge() -> None:
    calls_remove(now=utc_now())

"""Periodic work on workspaces; each task calls one service. The schedule is in the settings."""

from celery import shared_task

from opencode.lib.clock import utc_now
from workspaces.services import deletions, repeats


@shared_task
def workspaces_purge() -> None:
    deletions.workspaces_purge(now=utc_now())


@shared_task
def repeatable_calls_purge() -> None:
    repeats.repeatable_calls_purge(now=utc_now())

"""Periodic work on sessions; each task calls one service. The schedule is in the settings."""

from celery import shared_task

from opencode.lib.clock import utc_now
from sync import archive, writer
from sync.live import socket_tickets_purge
from sync.sharing import openings_purge, share_claims_purge


@shared_task
def snapshots_sweep() -> None:
    archive.snapshots_write_due(now=utc_now())


@shared_task
def snapshot_orphans_sweep() -> None:
    archive.snapshots_remove_orphans()


@shared_task
def snapshots_prune() -> None:
    archive.snapshots_prune_idle(now=utc_now())


@shared_task
def sessions_cool_idle() -> None:
    archive.held_sessions_warm()
    archive.sessions_cool_idle(now=utc_now())


@shared_task
def deletions_confirm() -> None:
    archive.deletions_confirm(now=utc_now())


@shared_task
def removals_audit() -> None:
    writer.removals_audit()


@shared_task
def reported_usage_sweep() -> None:
    archive.reported_roll_up_due(now=utc_now())


@shared_task
def search_backfill() -> None:
    archive.search_backfill()


@shared_task
def operations_purge() -> None:
    archive.operations_purge(now=utc_now())
    socket_tickets_purge(now=utc_now())
    share_claims_purge()
    openings_purge(now=utc_now())

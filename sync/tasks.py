"""Periodic work on sessions; each task calls one service. The schedule is in the settings."""

from celery import shared_task

from opencode.lib.clock import utc_now
from sync.archive import operations as retention
from sync.archive.cold import sweep as cold_sweep
from sync.archive.erasure import confirming as deletions
from sync.archive.snapshots import sweep as snapshot_sweep
from sync.live.ticketing import socket_tickets_purge
from sync.sharing.shares import share_claims_purge


@shared_task
def snapshots_sweep() -> None:
    snapshot_sweep.snapshots_write_due(now=utc_now())


@shared_task
def snapshot_orphans_sweep() -> None:
    snapshot_sweep.snapshots_remove_orphans()


@shared_task
def snapshots_prune() -> None:
    snapshot_sweep.snapshots_prune_idle(now=utc_now())


@shared_task
def sessions_cool_idle() -> None:
    cold_sweep.held_sessions_warm()
    cold_sweep.sessions_cool_idle(now=utc_now())


@shared_task
def deletions_confirm() -> None:
    deletions.deletions_confirm(now=utc_now())


@shared_task
def operations_purge() -> None:
    retention.operations_purge(now=utc_now())
    socket_tickets_purge(now=utc_now())
    share_claims_purge()

"""Periodic work on workspaces; each task calls one service. The schedule is in the settings."""

from datetime import timedelta

import structlog
from celery import shared_task
from django.conf import settings

from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from workspaces.services import auditpurge, deletions, github_exchanges, key_ends, repeats, webhook_sending
from workspaces.services.auditchain import chain_ids

log = structlog.get_logger(__name__)


@shared_task
def workspaces_purge() -> None:
    deletions.workspaces_purge(now=utc_now())


@shared_task
def webhooks_send() -> None:
    webhook_sending.deliveries_send(now=utc_now())


@shared_task
def webhooks_purge() -> None:
    webhook_sending.deliveries_purge(now=utc_now())


@shared_task
def github_exchanges_purge() -> None:
    github_exchanges.exchanges_purge(now=utc_now())


@shared_task
def repeatable_calls_purge() -> None:
    repeats.repeatable_calls_purge(now=utc_now())


@shared_task
def keys_sweep() -> None:
    key_ends.keys_warn(now=utc_now())
    key_ends.keys_end_record(now=utc_now())


@shared_task
def audit_purge() -> None:
    """Does nothing while the settings keep entries for good."""
    if not settings.AUDIT_DAYS:
        return
    before = utc_now() - timedelta(days=settings.AUDIT_DAYS)
    for workspace_id in chain_ids():
        try:
            auditpurge.audit_purge(workspace_id=workspace_id, before=before, reason="retention", actor=THE_CONSOLE)
        except auditpurge.ChainBroken:
            log.exception("audit_purge_refused", workspace=workspace_id)

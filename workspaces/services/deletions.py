"""Deleting a workspace, restoring it within 30 days, and erasing what it held afterwards.

Everything that opens a workspace checks whether it is deleted: people, keys, tokens, shares and sockets all end with
the one row, and work again once it is restored.
"""

from datetime import datetime, timedelta
from typing import Final

import structlog
from django.apps import apps
from django.db import transaction
from django.db.models import F, Model

from opencode.lib.actor import THE_CONSOLE, Actor
from opencode.lib.announce import announce
from opencode.lib.clock import utc_now
from workspaces.errors import WorkspaceGone
from workspaces.models import AuditAnchor, AuditEntry, AuditHead, Workspace
from workspaces.ports import billing_names_erase, workspace_content_erase, workspace_models_erase
from workspaces.services.audit import audit_record
from workspaces.services.auditpurge import ChainBroken, audit_purge
from workspaces.signals import workspace_closed
from workspaces.slugs import provisional_slug

log = structlog.get_logger(__name__)
RESTORE_DAYS: Final = 30
RESTORABLE: Final = timedelta(days=RESTORE_DAYS)
PURGE_WORKSPACES: Final = 20
KEPT: Final[frozenset[type[Model]]] = frozenset({AuditEntry, AuditHead, AuditAnchor})
"""What remains of a purged workspace in this app, besides its row: the end of the audit chain and its anchor."""


def workspace_delete(*, workspace: Workspace, actor: Actor, with_person: str = "") -> None:
    """Close the workspace to everybody and everything, now; nothing is erased yet. A repeat changes nothing.

    `with_person` is the id of the person whose account is deleted and the workspace with it.
    """
    with transaction.atomic():
        open_rows = Workspace.objects.select_for_update().filter(pk=workspace.pk, deleted_at=None)
        if open_rows.update(deleted_at=utc_now(), deleted_with=with_person):
            announce(workspace_closed, workspace_id=workspace.pk)
            audit_record(workspace_id=workspace.pk, actor=actor, action="workspace.delete")
    workspace.refresh_from_db(fields=["deleted_at", "deleted_with"])


def workspace_restore(*, workspace: Workspace, actor: Actor) -> bool:
    """Restore the workspace; members, keys and shares are as they were. False when it was not deleted.

    Raises WorkspaceGone once it was purged.
    """
    with transaction.atomic():
        row = Workspace.objects.select_for_update().get(pk=workspace.pk)
        if row.purging_at is not None:
            raise WorkspaceGone
        is_deleted = row.deleted_at is not None
        if is_deleted:
            Workspace.objects.filter(pk=row.pk).update(deleted_at=None, deleted_with="")
            audit_record(workspace_id=row.pk, actor=actor, action="workspace.restore")
    workspace.refresh_from_db(fields=["deleted_at", "deleted_with"])
    return is_deleted


def workspaces_purge(*, now: datetime) -> int:
    """Purge workspaces deleted RESTORABLE ago; returns how many. One that fails does not stop the others."""
    due = Workspace.objects.filter(deleted_at__lte=now - RESTORABLE, purged_at=None)
    longest_untried = due.order_by(F("purge_tried_at").asc(nulls_first=True), "deleted_at")
    return sum(_purged(workspace) for workspace in list(longest_untried[:PURGE_WORKSPACES]))


def workspace_purge(*, workspace: Workspace) -> None:
    """Erase sessions, members, keys, names; what must outlive them remains under the row's id, the ledger too.

    The last audit entry is the receipt: what was erased, and which balance remains. The first step ends the time to
    restore; a repeat goes on where an interrupted call stopped.
    """
    begun_at = _begin(workspace)
    if begun_at is None:
        return
    things = workspace_content_erase(workspace.pk) + workspace_models_erase(workspace.pk)
    _purge_log(workspace, begun_at)
    with transaction.atomic():
        row = Workspace.objects.select_for_update().get(pk=workspace.pk)
        if row.purged_at is not None:
            return
        money = billing_names_erase(row.pk)
        erased = {model.__name__: _erase(model, row) for model in _models_of_a_workspace()}
        row.name, row.slug, row.block_reason = "purged workspace", provisional_slug(row.pk), ""
        row.purged_at = utc_now()
        row.save(update_fields=["name", "slug", "block_reason", "purged_at"])
        details = {"content": things, **erased, **money}
        audit_record(workspace_id=row.pk, actor=THE_CONSOLE, action="workspace.purge", details=details)


def _begin(workspace: Workspace) -> datetime | None:
    """When the purge began; None when somebody restored the workspace meanwhile, or it is purged already."""
    with transaction.atomic():
        row = Workspace.objects.select_for_update().get(pk=workspace.pk)
        if row.deleted_at is None or row.purged_at is not None:
            return None
        now = utc_now()
        begun_at = row.purging_at or now
        Workspace.objects.filter(pk=row.pk).update(purging_at=begun_at, purge_tried_at=now)
    return begun_at


def _purge_log(workspace: Workspace, before: datetime) -> None:
    """Replace acts before the purge by an anchor; a log that was tampered with is evidence and remains."""
    try:
        audit_purge(workspace_id=workspace.pk, before=before, reason="the workspace was deleted", actor=THE_CONSOLE)
    except ChainBroken:
        log.exception("audit_log_kept", workspace=workspace.pk)


def _purged(workspace: Workspace) -> bool:
    try:
        workspace_purge(workspace=workspace)
    except Exception:
        log.exception("workspace_purge_failed", workspace=workspace.pk)
        return False
    return True


def _models_of_a_workspace() -> list[type[Model]]:
    """Every model of this app that belongs to one workspace; those of a later release included."""
    return [
        model
        for model in apps.get_app_config("workspaces").get_models()
        if model not in KEPT and any(field.related_model is Workspace for field in model._meta.concrete_fields)
    ]


def _erase(model: type[Model], row: Workspace) -> int:
    rows, _ = model._default_manager.filter(workspace=row).delete()
    return rows

"""Exports of a whole workspace, for its owners."""

from django.db import transaction

from accounts.models import DataExport, User
from accounts.services.exports import export_request
from opencode.lib.actor import Actor
from workspaces.models import Workspace
from workspaces.services.audit import audit_record


def workspace_export(*, workspace: Workspace, user: User, actor: Actor) -> DataExport:
    """Ask for a copy of everything in the workspace, for this owner. Raises ExportRunning, ExportLimitReached."""
    with transaction.atomic():
        export = export_request(user=user, workspace_id=workspace.pk)
        audit_record(workspace_id=workspace.pk, actor=actor, action="workspace.export", target_id=export.pk)
    return export

"""Blocking a workspace: it refuses people and programs and says so, until support lets it in again."""

from functools import partial

from django.db import transaction

from opencode.lib.clock import utc_now
from workspaces.actors import Actor
from workspaces.models import Workspace
from workspaces.services.audit import audit_record
from workspaces.signals import workspace_closed


def workspace_block(*, workspace: Workspace, reason: str, actor: Actor) -> bool:
    """Close it now; nothing in it ends. False when it was blocked before. The reason is for support and the log."""
    with transaction.atomic():
        blocked = Workspace.objects.filter(pk=workspace.pk, blocked_at=None).update(
            blocked_at=utc_now(), block_reason=reason
        )
        if blocked:
            transaction.on_commit(partial(workspace_closed.send_robust, Workspace, workspace_id=workspace.pk))
            details = {"reason": reason}
            audit_record(workspace_id=workspace.pk, actor=actor, action="workspace.block", details=details)
    return bool(blocked)


def workspace_unblock(*, workspace: Workspace, reason: str, actor: Actor) -> bool:
    """Let everybody in again, as before. False when it was not blocked."""
    with transaction.atomic():
        blocked = Workspace.objects.filter(pk=workspace.pk, blocked_at__isnull=False)
        unblocked = blocked.update(blocked_at=None, block_reason="")
        if unblocked:
            details = {"reason": reason}
            audit_record(workspace_id=workspace.pk, actor=actor, action="workspace.unblock", details=details)
    return bool(unblocked)

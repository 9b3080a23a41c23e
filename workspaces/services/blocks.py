"""Blocking a workspace: it refuses people and programs and says so, until support unblocks it."""

from django.db import transaction

from opencode.lib.actor import Actor
from opencode.lib.announce import announce
from opencode.lib.clock import utc_now
from workspaces.models import Workspace
from workspaces.services.audit import audit_record
from workspaces.signals import workspace_closed


def workspace_block(*, workspace: Workspace, actor: Actor) -> bool:
    """Block it now; nothing in it is deleted or revoked. False when it was blocked before.

    The actor's reason is for support and the log.
    """
    with transaction.atomic():
        blocked = Workspace.objects.filter(pk=workspace.pk, blocked_at=None).update(
            blocked_at=utc_now(), block_reason=actor.reason
        )
        if blocked:
            announce(workspace_closed, workspace_id=workspace.pk)
            details = {"reason": actor.reason}
            audit_record(workspace_id=workspace.pk, actor=actor, action="workspace.block", details=details)
    return bool(blocked)


def workspace_unblock(*, workspace: Workspace, actor: Actor) -> bool:
    """Unblock it; everything works as before. False when it was not blocked."""
    with transaction.atomic():
        blocked = Workspace.objects.filter(pk=workspace.pk, blocked_at__isnull=False)
        unblocked = blocked.update(blocked_at=None, block_reason="")
        if unblocked:
            details = {"reason": actor.reason}
            audit_record(workspace_id=workspace.pk, actor=actor, action="workspace.unblock", details=details)
    return bool(unblocked)

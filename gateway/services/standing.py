"""Whether whoever acts may do so now, asked under the lock that every write of a workspace begins with."""

from typing import Final

from gateway.signals import models_changed
from opencode.lib.actor import STAFF, SYSTEM, Actor
from opencode.lib.announce import announce
from workspaces.models import Workspace
from workspaces.services.standing import require_allowed

PERMISSION: Final = "model.manage"


def workspace_lock(workspace_id: str, actor: Actor) -> None:
    """Lock the workspace's row, or nothing for the host's "", and read everything again once this is committed.

    Raises NotFound, Forbidden when the person's right has ended meanwhile. Operators and staff need none.
    """
    announce(models_changed, workspace_id=workspace_id)
    if not workspace_id:
        return
    Workspace.objects.select_for_update().get(pk=workspace_id)
    if actor.kind not in {STAFF, SYSTEM}:
        require_allowed(workspace_id, actor.person_id or "", PERMISSION)

"""Whether whoever acts may do so now, asked under the lock that every write of a workspace begins with."""

from typing import Final

from django.db import transaction

from gateway.selectors.shelves import shelves_forget
from opencode.lib.actor import STAFF, SYSTEM, Actor
from workspaces.models import Workspace
from workspaces.services.standing import require_allowed

PERMISSION: Final = "model.manage"


def workspace_lock(workspace_id: str, actor: Actor) -> None:
    """Lock the workspace's row, or nothing for the host's "", and read everything again once this is committed.

    Raises NotFound, Forbidden when the person's right has ended meanwhile. Operators and staff need none.
    """
    transaction.on_commit(shelves_forget)
    if not workspace_id:
        return
    Workspace.objects.select_for_update().get(pk=workspace_id)
    if actor.kind not in {STAFF, SYSTEM}:
        require_allowed(workspace_id, actor.person_id or "", PERMISSION)

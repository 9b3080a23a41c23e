"""What happens to a person's devices, written into the audit log of each of their workspaces."""

from accounts.models import User
from accounts.ports import DeviceAct
from workspaces.selectors.workspaces import memberships_of
from workspaces.services.audit import audit_record


def device_act_record(act: DeviceAct) -> None:
    """One entry a workspace, in the order of their ids, as every lock on several of them is taken."""
    for membership in memberships_of(User(pk=act.user_id)):
        audit_record(workspace_id=membership.workspace_id, actor=act.actor, action=act.action, target_id=act.device_id)

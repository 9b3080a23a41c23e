"""Invitations end with the rights of their inviter."""

from opencode.lib.actor import Actor
from opencode.lib.clock import utc_now
from workspaces.models import Invitation
from workspaces.roles import can_manage
from workspaces.selectors.invitations import open_ones
from workspaces.services.audit import audit_record


def invitations_withdraw(*, workspace_id: str, inviter_id: str, role: str, actor: Actor) -> None:
    """Revoke the inviter's open invitations that their new `role` (empty: no member) may not give.

    The caller holds the lock of the workspace's row. Expired invitations remain: one opens again only when it is sent
    again, by the rights of its new sender.
    """
    now = utc_now()
    open_rows = open_ones(Invitation.objects.filter(workspace_id=workspace_id, invited_by_id=inviter_id), now=now)
    ended = [row.pk for row in open_rows.order_by("pk") if not can_manage(role, row.role)]
    # All rows before the first audit entry: the end of the audit log is the last lock anybody takes.
    Invitation.objects.filter(pk__in=ended).update(revoked_at=now)
    for invitation_id in ended:
        audit_record(
            workspace_id=workspace_id,
            actor=actor,
            action="invitation.revoke",
            target_id=invitation_id,
            details={"inviter": inviter_id},
        )

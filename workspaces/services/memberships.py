"""Who belongs to a workspace."""

from functools import partial

from django.db import transaction

from accounts.models import User
from opencode.lib.clock import utc_now
from workspaces.errors import LastOwnerRemains
from workspaces.models import APIKey, Membership, Role, Workspace
from workspaces.signals import api_key_revoked, membership_removed


def membership_add(*, workspace: Workspace, user: User, role: str) -> Membership:
    """Make the person a member; one who is a member already keeps their role."""
    with transaction.atomic():
        membership, _ = Membership.objects.get_or_create(workspace=workspace, user=user, defaults={"role": role})
    return membership


def membership_remove(*, membership: Membership) -> None:
    """End a membership and, in the same act, the person's keys in this workspace. Raises LastOwnerRemains.

    The workspace's row is the lock: two owners who remove each other leave one.
    """
    with transaction.atomic():
        workspace = Workspace.objects.select_for_update().get(pk=membership.workspace_id)
        owners = set(workspace.memberships.filter(role=Role.OWNER).values_list("pk", flat=True))
        if owners == {membership.pk}:
            raise LastOwnerRemains
        removed, _ = Membership.objects.filter(pk=membership.pk).delete()
        keys = APIKey.objects.filter(workspace=workspace, user_id=membership.user_id, revoked_at=None)
        key_ids = list(keys.values_list("pk", flat=True))
        keys.update(revoked_at=utc_now())
        if removed:
            _announce(membership, key_ids)


def _announce(membership: Membership, key_ids: list[str]) -> None:
    workspace_id = membership.workspace_id
    gone = partial(
        membership_removed.send_robust,
        Membership,
        membership_id=membership.pk,
        workspace_id=workspace_id,
        user_id=membership.user_id,
    )
    transaction.on_commit(gone)
    for key_id in key_ids:
        transaction.on_commit(partial(api_key_revoked.send_robust, APIKey, key_id=key_id, workspace_id=workspace_id))

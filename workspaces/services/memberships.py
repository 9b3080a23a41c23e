"""Who belongs to a workspace, in which role, and up to which monthly limit.

The workspace's row is the lock of every change here, so that concurrent changes always leave an owner.
"""

from typing import TypedDict, Unpack

from django.db import transaction

from accounts.models import User
from opencode.lib.actor import Actor
from opencode.lib.announce import announce
from opencode.lib.clock import utc_now
from opencode.lib.errors import NotFound
from workspaces.errors import LastOwnerRemains
from workspaces.models import APIKey, Membership, Role, Workspace
from workspaces.ports import spending_limit_set
from workspaces.services.audit import audit_record
from workspaces.services.invitation_ends import invitations_withdraw
from workspaces.services.standing import require_manages
from workspaces.signals import api_key_revoked, membership_removed


class MembershipChanges(TypedDict, total=False):
    """Changes to a membership; what is left out stays.

    `monthly_limit` is what the member may spend a calendar month, in micro-cents; None: as much as the workspace may.
    """

    role: str
    monthly_limit: int | None


def membership_add(*, workspace: Workspace, user: User, role: str, actor: Actor) -> Membership:
    """Make the person a member; one who is a member already keeps their role.

    Somebody who comes back begins without a limit, and with what they have used this month.
    """
    with transaction.atomic():
        if not Membership.objects.filter(workspace=workspace, user=user).exists():
            spending_limit_set(workspace.pk, "member", user.pk, None)
        membership, is_new = Membership.objects.get_or_create(workspace=workspace, user=user, defaults={"role": role})
        if is_new:
            _record(membership, actor, "member.add", role=role)
    return membership


def membership_change(*, membership: Membership, actor: Actor, **changes: Unpack[MembershipChanges]) -> None:
    """Change role, monthly limit, or both, all or nothing; one audit entry for each that really changed.

    A lower role ends the invitations that the person may no longer give. Raises RoleTooHigh when the acting person does
    not manage both roles by now, LastOwnerRemains, NotFound.
    """
    with transaction.atomic():
        row = _locked(membership)
        role, limit = changes.get("role", row.role), changes.get("monthly_limit", row.monthly_limit)
        require_manages(row.workspace_id, actor, row.role, role)
        if limit != row.monthly_limit:
            # Locks the billing account, which comes before the member and the end of the audit log.
            spending_limit_set(row.workspace_id, "member", row.user_id, limit)
        if role != row.role:
            _set_role(row, role, actor)
        if limit != row.monthly_limit:
            Membership.objects.filter(pk=row.pk).update(monthly_limit=limit)
            _record(row, actor, "member.limit", was=row.monthly_limit, limit=limit)
    membership.role, membership.monthly_limit = role, limit


def _set_role(row: Membership, role: str, actor: Actor) -> None:
    if row.role == Role.OWNER:
        _require_another_owner(row)
    Membership.objects.filter(pk=row.pk).update(role=role)
    _withdraw(row, role, actor)
    _record(row, actor, "member.role", was=row.role, role=role)


def workspace_handover(*, giver: Membership, to: Membership, actor: Actor) -> None:
    """The member `to` becomes an owner, the owner `giver` an admin. Raises NotFound when either has left since."""
    with transaction.atomic():
        taker, owner = _locked(to), _locked(giver)
        if owner.role != Role.OWNER or taker.pk == owner.pk or not _can_own(taker):
            raise NotFound
        Membership.objects.filter(pk=taker.pk).update(role=Role.OWNER)
        Membership.objects.filter(pk=owner.pk).update(role=Role.ADMIN)
        _withdraw(owner, Role.ADMIN, actor)
        _record(taker, actor, "workspace.handover", giver=owner.user_id)


def membership_remove(*, membership: Membership, actor: Actor) -> None:
    """End a membership and, in the same act, the person's keys and invitations here; their devices lose access.

    Raises RoleTooHigh, LastOwnerRemains. One that has ended already changes nothing.
    """
    with transaction.atomic():
        row = _locked_if_there(membership)
        if row is None:
            return
        require_manages(row.workspace_id, actor, row.role)
        _end(row, actor, "member.remove")


def membership_leave(*, membership: Membership, actor: Actor) -> None:
    """End the person's own membership and, in the same act, their keys and invitations here.

    Their devices lose access. Raises LastOwnerRemains. One that has ended already changes nothing.
    """
    with transaction.atomic():
        row = _locked_if_there(membership)
        if row is not None:
            _end(row, actor, "member.leave")


def membership_end(*, membership: Membership, actor: Actor) -> None:
    """End the membership of a person who is being erased.

    Whether an owner remains was checked when they closed their account.
    """
    with transaction.atomic():
        row = _locked_if_there(membership)
        if row is not None:
            _erase(row, actor, "member.remove")


def _end(row: Membership, actor: Actor, action: str) -> None:
    if row.role == Role.OWNER:
        _require_another_owner(row)
    _erase(row, actor, action)


def _erase(row: Membership, actor: Actor, action: str) -> None:
    Membership.objects.filter(pk=row.pk).delete()
    keys = APIKey.objects.filter(workspace_id=row.workspace_id, user_id=row.user_id, revoked_at=None)
    key_ids = list(keys.values_list("pk", flat=True))
    keys.update(revoked_at=utc_now())
    _announce(row, key_ids)
    _withdraw(row, "", actor)
    _record(row, actor, action, role=row.role, keys=key_ids)


def _withdraw(row: Membership, role: str, actor: Actor) -> None:
    invitations_withdraw(workspace_id=row.workspace_id, inviter_id=row.user_id, role=role, actor=actor)


def _locked(membership: Membership) -> Membership:
    row = _locked_if_there(membership)
    if row is None:
        raise NotFound
    return row


def _locked_if_there(membership: Membership) -> Membership | None:
    Workspace.objects.select_for_update().get(pk=membership.workspace_id)
    return Membership.objects.select_related("user").filter(pk=membership.pk).first()


def _require_another_owner(row: Membership) -> None:
    """A suspended person cannot act as an owner and does not count."""
    others = Membership.objects.filter(workspace_id=row.workspace_id, role=Role.OWNER).exclude(pk=row.pk)
    if not others.filter(user__is_active=True).exists():
        raise LastOwnerRemains


def _can_own(row: Membership) -> bool:
    return row.user.is_active


def _record(row: Membership, actor: Actor, action: str, **details: object) -> None:
    audit_record(
        workspace_id=row.workspace_id,
        actor=actor,
        action=action,
        target_id=row.user_id,
        details={"membership": row.pk, **details},
    )


def _announce(row: Membership, key_ids: list[str]) -> None:
    announce(membership_removed, membership_id=row.pk, workspace_id=row.workspace_id, user_id=row.user_id)
    for key_id in key_ids:
        announce(api_key_revoked, key_id=key_id, workspace_id=row.workspace_id)

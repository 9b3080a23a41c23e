"""Inviting people into a workspace by mail, and accepting an invitation.

The workspace's row is locked first by each of these, so that what they count is true until they commit.
"""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts.models import User, fold_email
from accounts.selectors.addresses import verified_addresses
from accounts.services.mail import mail_send
from opencode.lib.actor import Actor
from opencode.lib.clock import utc_now
from opencode.lib.ids import random_base62
from opencode.lib.keyring import current_version, mac
from workspaces.errors import InvitationForAnother, InvitationInvalid, MemberAlready, WorkspaceBlocked
from workspaces.models import Invitation, Membership, Workspace
from workspaces.roles import can_manage
from workspaces.selectors.invitations import EXPIRED, PURPOSE, invitation_state, open_ones
from workspaces.services.audit import audit_record
from workspaces.services.invitation_rules import (
    require_can_reopen,
    require_mail,
    require_open,
    require_pace,
    require_resend_pace,
    require_room,
    require_seat,
)
from workspaces.services.memberships import membership_add
from workspaces.services.standing import require_manages, role_now
from workspaces.webhooks import INVITATION_ACCEPTED, webhook_event

OPEN_DAYS: Final = 7
SECRET_BITS: Final = 160


def invitation_create(*, workspace: Workspace, email: str, role: str, actor: Actor) -> Invitation:
    """Invite `email` to join as `role`, by mail. An open invitation to them is sent again, with this role.

    Whether the address has an account makes no difference here. Raises RoleTooHigh, MemberAlready, SeatLimitReached,
    InvitationLimitReached, InvitationsTooFast.
    """
    email, now = fold_email(email), utc_now()
    with transaction.atomic():
        row = _locked(workspace)
        require_manages(row.pk, actor, role)
        if Membership.objects.filter(workspace=row, user__email=email).exists():
            raise MemberAlready
        require_seat(row)
        found = open_ones(Invitation.objects.filter(workspace=row, email=email), now=now)
        invitation = found.select_related("workspace", "invited_by").first()
        if invitation is not None:
            require_manages(row.pk, actor, invitation.role)
            invitation.role = role
            _send_again(invitation, actor, now)
            return invitation
        require_room(row, now=now)
        require_pace(row, email, now=now)
        invitation = Invitation(workspace=row, email=email, role=role, created_at=now)
        _send(invitation, actor, now)
        _record(invitation, actor, "invitation.create", role=role)
    return invitation


def invitation_resend(*, invitation: Invitation, actor: Actor) -> Invitation:
    """Another mail with another link, good for OPEN_DAYS from now; links sent before end. An expired one opens again.

    From now on it depends on the rights of the person who sends it now. Raises RoleTooHigh, SeatLimitReached,
    InvitationUsed, InvitationInvalid (revoked or replaced), InvitationsTooFast.
    """
    now = utc_now()
    with transaction.atomic():
        workspace = _locked(invitation.workspace)
        row = Invitation.objects.select_related("workspace", "invited_by").get(pk=invitation.pk)
        require_manages(row.workspace_id, actor, row.role)
        if invitation_state(row, now=now) == EXPIRED:
            require_can_reopen(row, now=now)
        else:
            require_open(row, now=now)
        require_seat(workspace)
        _send_again(row, actor, now)
    return row


def invitation_revoke(*, invitation: Invitation, actor: Actor) -> bool:
    """Revoke it; its link ends. False when it was not open any more. Raises RoleTooHigh."""
    with transaction.atomic():
        _locked(invitation.workspace)
        row = Invitation.objects.get(pk=invitation.pk)
        require_manages(row.workspace_id, actor, row.role)
        open_rows = Invitation.objects.filter(pk=row.pk, accepted_at=None, revoked_at=None)
        revoked = open_rows.update(revoked_at=utc_now())
        if revoked:
            _record(row, actor, "invitation.revoke")
    return bool(revoked)


def invitation_accept(*, invitation: Invitation, user: User, actor: Actor) -> Membership:
    """Make the person a member; one who is a member already keeps their role. It works once.

    `invitation` as it was read when its secret was checked: a link replaced since then does not count, nor does one
    whose inviter may not give its role any more. Raises InvitationInvalid, InvitationExpired, InvitationUsed,
    InvitationForAnother, SeatLimitReached, WorkspaceBlocked.
    """
    now = utc_now()
    with transaction.atomic():
        workspace = _locked(invitation.workspace)
        row = Invitation.objects.get(pk=invitation.pk)
        require_open(row, now=now)
        if row.secret_hash != invitation.secret_hash or workspace.deleted_at is not None:
            raise InvitationInvalid
        if row.email not in verified_addresses(user):
            raise InvitationForAnother
        if workspace.blocked_at is not None:
            raise WorkspaceBlocked
        if not can_manage(role_now(workspace.pk, row.invited_by_id), row.role):
            raise InvitationInvalid
        if not Membership.objects.filter(workspace=workspace, user=user).exists():
            require_seat(workspace)
        Invitation.objects.filter(pk=row.pk).update(accepted_at=now, accepted_by=user)
        membership = membership_add(workspace=workspace, user=user, role=row.role, actor=actor)
        told = {"email": row.email, "role": membership.role, "member": membership.pk, "user": user.pk}
        webhook_event(workspace_id=workspace.pk, kind=INVITATION_ACCEPTED, data=told)
        _record(row, actor, "invitation.accept", membership=membership.pk)
    return membership


def _locked(workspace: Workspace) -> Workspace:
    return Workspace.objects.select_for_update().get(pk=workspace.pk)


def _send_again(row: Invitation, actor: Actor, now: datetime) -> None:
    require_resend_pace(row, now=now)
    row.sends += 1
    _send(row, actor, now)
    _record(row, actor, "invitation.resend", role=row.role)


def _send(row: Invitation, actor: Actor, now: datetime) -> None:
    """Give the invitation a fresh secret and mail it, from the acting person; the secret is only in the mail.

    Links made before, mailed or to hand over, end. Raises InvitationsTooFast.
    """
    row.invited_by = inviter = User.objects.get(pk=actor.id)
    require_mail(row)
    secret = random_base62(SECRET_BITS)
    row.hash_version = current_version()
    row.secret_hash = mac(PURPOSE, secret, row.hash_version)
    row.link_hash = None
    row.sent_at, row.expires_at = now, now + timedelta(days=OPEN_DAYS)
    row.save()
    path = reverse("workspaces:invitation", args=[secret])
    context = {
        "workspace": row.workspace.name,
        "inviter": inviter.display_name,
        "role": row.role,
        "email": row.email,
        "url": f"{settings.PUBLIC_URL}{path}",
        "days": OPEN_DAYS,
    }
    mail_send(to=row.email, template="workspaces/mail/invitation.html", context=context)


def _record(row: Invitation, actor: Actor, action: str, **details: object) -> None:
    audit_record(workspace_id=row.workspace_id, actor=actor, action=action, target_id=row.pk, details=details)

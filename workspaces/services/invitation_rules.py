"""What an invitation must be, and the workspace must have room for, before it is sent or accepted.

The limits keep the console from being used to send mail to strangers.
"""

from datetime import datetime, timedelta
from typing import Final

from opencode.lib.ratelimits import rate_count
from workspaces.errors import (
    InvitationExpired,
    InvitationInvalid,
    InvitationLimitReached,
    InvitationsTooFast,
    InvitationUsed,
    SeatLimitReached,
)
from workspaces.models import Invitation, Membership, Workspace
from workspaces.ports import seat_limit
from workspaces.selectors.invitations import ACCEPTED, EXPIRED, REVOKED, invitation_state, open_ones

OPEN_LIMIT: Final = 500
"""Open invitations a workspace may have."""
HOURLY_LIMIT: Final = 100
"""Mails a workspace may send, and a person may send from all of theirs, in an hour of the clock."""
SENDS_LIMIT: Final = 10
"""Mails one invitation may cause."""
RESEND_SECONDS: Final = 60
"""The least time between two mails from one workspace to one address."""
_HOUR_SECONDS: Final = 3600


def require_open(invitation: Invitation, *, now: datetime) -> None:
    """Raises InvitationUsed, InvitationInvalid (it was revoked), InvitationExpired."""
    state = invitation_state(invitation, now=now)
    if state == ACCEPTED:
        raise InvitationUsed
    if state == REVOKED:
        raise InvitationInvalid
    if state == EXPIRED:
        raise InvitationExpired


def require_can_reopen(invitation: Invitation, *, now: datetime) -> None:
    """Raises InvitationInvalid when another invitation or a membership took the place of this expired one."""
    place = {"workspace_id": invitation.workspace_id}
    others = open_ones(Invitation.objects.filter(email=invitation.email, **place), now=now)
    if others.exists() or Membership.objects.filter(user__email=invitation.email, **place).exists():
        raise InvitationInvalid


def require_seat(workspace: Workspace) -> None:
    """Raises SeatLimitReached when the workspace has no seat for another member."""
    limit = seat_limit(workspace.pk)
    if limit is not None and Membership.objects.filter(workspace=workspace).count() >= limit:
        raise SeatLimitReached(limit=limit)


def require_room(workspace: Workspace, *, now: datetime) -> None:
    """Raises InvitationLimitReached when the workspace has OPEN_LIMIT open invitations."""
    if open_ones(Invitation.objects.filter(workspace=workspace), now=now).count() >= OPEN_LIMIT:
        raise InvitationLimitReached(limit=OPEN_LIMIT)


def require_mail(invitation: Invitation) -> None:
    """Count one more mail from the workspace and from its sender; raises InvitationsTooFast.

    Counted in the cache, so that a person's invitations into several workspaces at the same time are counted together.
    """
    for sender in filter(None, (invitation.workspace_id, invitation.invited_by_id)):
        sent = rate_count("invitations", sender, limit=HOURLY_LIMIT, seconds=_HOUR_SECONDS)
        if sent.is_exceeded:
            raise InvitationsTooFast(retry_after=sent.reset_seconds)


def require_pace(workspace: Workspace, email: str, *, now: datetime) -> None:
    """Raises InvitationsTooFast."""
    just_now = now - timedelta(seconds=RESEND_SECONDS)
    if Invitation.objects.filter(workspace=workspace, email=email, sent_at__gt=just_now).exists():
        raise InvitationsTooFast(retry_after=RESEND_SECONDS)


def require_resend_pace(invitation: Invitation, *, now: datetime) -> None:
    """Raises InvitationsTooFast."""
    wait = (invitation.sent_at + timedelta(seconds=RESEND_SECONDS) - now).total_seconds()
    if wait > 0:
        raise InvitationsTooFast(retry_after=int(wait) + 1)
    if invitation.sends >= SENDS_LIMIT:
        raise InvitationsTooFast("This invitation has been sent too often; revoke it and invite again.")

"""Invitations: a workspace's list, and the ones somebody may accept."""

from datetime import datetime
from typing import Final

from django.db.models import Q, QuerySet

from accounts.models import User, fold_email
from accounts.selectors.addresses import verified_addresses
from opencode.lib.clock import utc_now
from opencode.lib.keyring import macs_of_all_versions
from workspaces.models import Invitation, Workspace

PURPOSE: Final = "invitation"
OPEN, ACCEPTED, REVOKED, EXPIRED = "open", "accepted", "revoked", "expired"


def invitations(workspace: Workspace, *, search: str = "") -> QuerySet[Invitation]:
    """All of a workspace's invitations; with `search`, those to addresses that have it in them."""
    found = Invitation.objects.filter(workspace=workspace).select_related("invited_by")
    return found.filter(email__contains=search.lower()) if search else found


def open_ones(rows: QuerySet[Invitation], *, now: datetime) -> QuerySet[Invitation]:
    return rows.filter(accepted_at=None, revoked_at=None, expires_at__gt=now)


def invitation_state(invitation: Invitation, *, now: datetime) -> str:
    if invitation.accepted_at is not None:
        return ACCEPTED
    if invitation.revoked_at is not None:
        return REVOKED
    return EXPIRED if invitation.expires_at <= now else OPEN


def invitation_by_secret(secret: str) -> Invitation | None:
    """The invitation one of whose newest links has this secret, whatever became of it; of a living workspace."""
    hashes = list(macs_of_all_versions(PURPOSE, secret).values())
    either = Q(secret_hash__in=hashes) | Q(link_hash__in=hashes)
    return _whole(Invitation.objects.filter(either, workspace__deleted_at=None)).first()


def proves_address(invitation: Invitation, secret: str) -> bool:
    """Whether this secret went to the invited mailbox and nowhere else: whoever has it reads that mailbox."""
    return invitation.secret_hash in macs_of_all_versions(PURPOSE, secret).values()


def may_join_anew(email: str) -> bool:
    """Whether nobody has an account with this address yet, confirmed or not."""
    known = Q(email=email) | Q(emailaddress__email=email)
    return not User.objects.filter(known).exists()


def invitation_of(user: User, invitation_id: str) -> Invitation | None:
    """One of the person's own, to an address they have shown to be theirs."""
    mine = Q(email__in=verified_addresses(user), workspace__deleted_at=None)
    return _whole(Invitation.objects.filter(mine, pk=invitation_id)).first()


def invitations_for(user: User) -> list[Invitation]:
    """What waits for the person's answer, the newest first."""
    mine = Invitation.objects.filter(email__in=verified_addresses(user), workspace__deleted_at=None)
    return list(_whole(open_ones(mine, now=utc_now())).order_by("-pk")[:50])


def invitation_open_for(email: str) -> bool:
    """Whether any workspace waits for this address."""
    waiting = Invitation.objects.filter(email=fold_email(email), workspace__deleted_at=None)
    return open_ones(waiting, now=utc_now()).exists()


def _whole(rows: QuerySet[Invitation]) -> QuerySet[Invitation]:
    return rows.select_related("workspace", "invited_by")

"""Invitations: a workspace's list, and the ones a person may accept."""

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
    """All of a workspace's invitations; with `search`, only those whose address contains it."""
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
    """The invitation with this secret in one of its newest links, in any state; None if its workspace was deleted."""
    hashes = list(macs_of_all_versions(PURPOSE, secret).values())
    either = Q(secret_hash__in=hashes) | Q(link_hash__in=hashes)
    return _whole(Invitation.objects.filter(either, workspace__deleted_at=None)).first()


def proves_address(invitation: Invitation, secret: str) -> bool:
    """Whether this secret was only ever mailed to the invited address, so that its holder reads that mailbox."""
    return invitation.secret_hash in macs_of_all_versions(PURPOSE, secret).values()


def may_join_anew(email: str) -> bool:
    """Whether no account has this address, confirmed or not."""
    known = Q(email=email) | Q(emailaddress__email=email)
    return not User.objects.filter(known).exists()


def invitation_of(user: User, invitation_id: str) -> Invitation | None:
    """The invitation with this id, if it is to an address the person has proved to be theirs; otherwise None."""
    mine = Q(email__in=verified_addresses(user), workspace__deleted_at=None)
    return _whole(Invitation.objects.filter(mine, pk=invitation_id)).first()


def invitations_for(user: User) -> list[Invitation]:
    """The invitations that wait for the person's answer, the newest first."""
    mine = Invitation.objects.filter(email__in=verified_addresses(user), workspace__deleted_at=None)
    return list(_whole(open_ones(mine, now=utc_now())).order_by("-pk")[:50])


def invitation_open_for(email: str) -> bool:
    """Whether this address has an open invitation to any workspace."""
    waiting = Invitation.objects.filter(email=fold_email(email), workspace__deleted_at=None)
    return open_ones(waiting, now=utc_now()).exists()


def _whole(rows: QuerySet[Invitation]) -> QuerySet[Invitation]:
    return rows.select_related("workspace", "invited_by")

"""An invitation's two links: the mailed one proves its reader's address, the one to hand over proves nothing."""

from collections.abc import Callable

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts.errors import EmailTaken
from accounts.models import User
from accounts.selectors.signup import may_sign_up
from accounts.services.newcomers import proven_person_create
from opencode.lib.actor import Actor
from opencode.lib.clock import utc_now
from opencode.lib.ids import random_base62
from opencode.lib.keyring import current_version, mac
from workspaces.errors import InvitationForAnother
from workspaces.models import Invitation, Workspace
from workspaces.selectors.invitations import PURPOSE, may_join_anew, proves_address
from workspaces.services.audit import audit_record
from workspaces.services.invitation_rules import require_open
from workspaces.services.invitations import SECRET_BITS, invitation_accept
from workspaces.services.standing import require_manages


def invitation_link_create(*, invitation: Invitation, actor: Actor) -> str:
    """An absolute link to hand over otherwise than by mail; returned only here, it ends the one before.

    Its reader still has to prove that the invitation's address is theirs. It ends with the invitation, and when that is
    sent again. Raises RoleTooHigh, InvitationUsed, InvitationExpired, InvitationInvalid.
    """
    secret = random_base62(SECRET_BITS)
    with transaction.atomic():
        Workspace.objects.select_for_update().get(pk=invitation.workspace_id)
        row = Invitation.objects.get(pk=invitation.pk)
        require_manages(row.workspace_id, actor, row.role)
        require_open(row, now=utc_now())
        Invitation.objects.filter(pk=row.pk).update(link_hash=mac(PURPOSE, secret, current_version()))
        audit_record(workspace_id=row.workspace_id, actor=actor, action="invitation.link", target_id=row.pk)
    path = reverse("workspaces:invitation", args=[secret])
    return f"{settings.PUBLIC_URL}{path}"


def invitation_sign_up(*, invitation: Invitation, secret: str, password: str, actor_of: Callable[[str], Actor]) -> User:
    """Make an account for the invited address and its membership, all or nothing; no workspace of their own.

    Takes only the mailed `secret`: it proves that the address is its reader's, so no other proof is required.
    `actor_of` returns the actor, given the new person's id. Raises InvitationForAnother when the secret was not mailed
    or the sign-up policy refuses, EmailTaken, and what invitation_accept raises.
    """
    if not proves_address(invitation, secret) or not may_sign_up(invitation.email):
        raise InvitationForAnother
    if not may_join_anew(invitation.email):
        raise EmailTaken
    with transaction.atomic():
        user = proven_person_create(email=invitation.email, password=password)
        invitation_accept(invitation=invitation, user=user, actor=actor_of(user.pk))
    return user

"""What tests of invitations share."""

from datetime import timedelta
from urllib.parse import urlsplit

from django.core import mail

from accounts.models import User
from opencode.lib.actor import PERSON, Actor
from opencode.lib.clock import utc_now
from tests.accounts.mailbox import link_in
from tests.cast import Cast
from workspaces.models import Invitation, Role
from workspaces.services.invitation_links import invitation_link_create
from workspaces.services.invitations import invitation_create

LINK = "/workspaces/invitations/"


def invite(cast: Cast, email: str, role: str = Role.MEMBER, by_role: str = Role.OWNER) -> Invitation:
    """Alice, the owner, invites into alpha; with another `by_role` the one of the cast who has it."""
    inviter = {Role.OWNER: cast.alice, Role.ADMIN: cast.bob, Role.MEMBER: cast.carol}[Role(by_role)]
    return invitation_create(
        workspace=cast.alpha,
        email=email,
        role=role,
        actor=Actor(PERSON, inviter.pk),
    )


def last_link() -> str:
    """The path in the mail sent last."""
    return link_in(mail.outbox[-1], LINK)


def handed_link(invitation: Invitation, by: User) -> str:
    """The path of a link that `by` makes to hand over."""
    return urlsplit(invitation_link_create(invitation=invitation, actor=Actor(PERSON, by.pk))).path


def grow_older(invitation: Invitation, by: timedelta) -> None:
    """As if the invitation had been sent that much earlier."""
    sent_at, expires_at = utc_now() - by, invitation.expires_at - by
    Invitation.objects.filter(pk=invitation.pk).update(sent_at=sent_at, expires_at=expires_at)

"""An invitation is worth what whoever gave it may give: it ends with their rights."""

from collections.abc import Callable

import pytest

from opencode.lib.actor import PERSON, THE_CONSOLE, Actor
from tests.cast import Cast, acting, owner_acting
from tests.workspaces.inviting import grow_older, invite
from tests.workspaces.test_invitations import MINUTES, accept
from workspaces.errors import InvitationInvalid, RoleTooHigh
from workspaces.models import AuditEntry, Invitation, Membership, Role
from workspaces.services.invitations import invitation_create, invitation_resend, invitation_revoke
from workspaces.services.memberships import (
    membership_change,
    membership_end,
    membership_leave,
    membership_remove,
    workspace_handover,
)

pytestmark = pytest.mark.django_db

ENDS: dict[str, Callable[[Membership], None]] = {
    "removed": lambda bob: membership_remove(membership=bob, actor=owner_acting(bob.workspace)),
    "left": lambda bob: membership_leave(membership=bob, actor=THE_CONSOLE),
    "erased": lambda bob: membership_end(membership=bob, actor=THE_CONSOLE),
    "made a member": lambda bob: membership_change(membership=bob, role=Role.MEMBER, actor=owner_acting(bob.workspace)),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=list(ENDS))
def test_an_admins_invitation_ends_with_their_rights(cast: Cast, end: Callable[[Membership], None]) -> None:
    invitation = invite(cast, "dave@example.com", Role.ADMIN, Role.ADMIN)
    kept = invite(cast, "erin@example.com", Role.ADMIN)
    end(cast.membership(cast.bob))
    with pytest.raises(InvitationInvalid):
        accept(invitation)
    assert AuditEntry.objects.filter(action="invitation.revoke").values_list("target_id", flat=True).get() == (
        invitation.pk
    )
    assert accept(kept, "erin").role == Role.ADMIN


def test_who_hands_the_workspace_over_keeps_the_invitations_an_admin_may_give(cast: Cast) -> None:
    owner, admin = invite(cast, "dave@example.com", Role.OWNER), invite(cast, "erin@example.com", Role.ADMIN)
    workspace_handover(
        giver=cast.membership(cast.alice), to=cast.membership(cast.carol), actor=Actor(PERSON, cast.alice.pk)
    )
    with pytest.raises(InvitationInvalid):
        accept(owner)
    assert accept(admin, "erin").role == Role.ADMIN


def test_an_invitation_whose_inviter_went_before_invitations_ended_with_them_is_refused(cast: Cast) -> None:
    invitation = invite(cast, "dave@example.com", Role.ADMIN, Role.ADMIN)
    cast.membership(cast.bob).delete()
    with pytest.raises(InvitationInvalid):
        accept(invitation)


def test_an_invitation_of_somebody_suspended_waits_for_them(cast: Cast) -> None:
    invitation = invite(cast, "dave@example.com", Role.ADMIN, Role.ADMIN)
    type(cast.bob).objects.filter(pk=cast.bob.pk).update(is_active=False)
    with pytest.raises(InvitationInvalid):
        accept(invitation)
    assert Invitation.objects.get().revoked_at is None


def test_who_sends_an_invitation_again_stands_for_it(cast: Cast) -> None:
    first, second = (invite(cast, f"{name}@example.com", Role.ADMIN, Role.ADMIN) for name in ("dave", "erin"))
    for invitation in (first, second):
        grow_older(invitation, MINUTES)
    again = invitation_resend(invitation=first, actor=acting(cast.alice))
    anew = invite(cast, "erin@example.com", Role.ADMIN)
    ENDS["removed"](cast.membership(cast.bob))
    assert [accept(again).role, accept(anew, "erin").role] == [Role.ADMIN, Role.ADMIN]


def test_who_was_removed_while_they_waited_neither_invites_nor_changes_anybody(cast: Cast) -> None:
    invitation = invite(cast, "dave@example.com")
    gone = acting(cast.bob)
    ENDS["removed"](cast.membership(cast.bob))
    carol = cast.membership(cast.carol)
    acts: list[Callable[[], object]] = [
        lambda: invitation_create(
            workspace=cast.alpha,
            email="erin@example.com",
            role=Role.ADMIN,
            actor=gone,
        ),
        lambda: invitation_resend(invitation=invitation, actor=gone),
        lambda: invitation_revoke(invitation=invitation, actor=gone),
        lambda: membership_change(membership=carol, role=Role.ADMIN, actor=gone),
        lambda: membership_change(membership=carol, monthly_limit=1, actor=gone),
        lambda: membership_remove(membership=carol, actor=gone),
    ]
    for act in acts:
        with pytest.raises(RoleTooHigh):
            act()
    assert cast.membership(cast.carol).role == Role.MEMBER

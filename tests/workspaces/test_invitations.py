"""Inviting: who may invite whom, what is sent, how often, and what ends an invitation."""

from datetime import timedelta

import pytest
from django.core import mail
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import User
from opencode.lib.actor import THE_CONSOLE
from tests.cast import Cast, acting, owner_acting, person
from tests.workspaces.inviting import grow_older, invite, last_link
from workspaces.errors import (
    InvitationExpired,
    InvitationForAnother,
    InvitationInvalid,
    InvitationLimitReached,
    InvitationsTooFast,
    InvitationUsed,
    MemberAlready,
    RoleTooHigh,
    SeatLimitReached,
)
from workspaces.models import AuditEntry, Invitation, Membership, Role
from workspaces.selectors.invitations import invitation_by_secret, invitation_open_for
from workspaces.services import invitation_rules
from workspaces.services.deletions import workspace_delete
from workspaces.services.invitations import invitation_accept, invitation_create, invitation_resend, invitation_revoke
from workspaces.services.memberships import membership_add, membership_leave

pytestmark = pytest.mark.django_db
MINUTES, WEEK = timedelta(minutes=2), timedelta(days=7)


def resend(invitation: Invitation) -> Invitation:
    return invitation_resend(invitation=invitation, actor=owner_acting(invitation.workspace))


def revoke(invitation: Invitation) -> bool:
    return invitation_revoke(invitation=invitation, actor=owner_acting(invitation.workspace))


def accept(invitation: Invitation, name: str = "dave") -> Membership:
    return invitation_accept(invitation=invitation, user=person(name), actor=THE_CONSOLE)


def test_mail_says_who_invites_whom_to_what(
    cast: Cast, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        invite(cast, "Dave@Example.com", Role.ADMIN)
    sent = mail.outbox[-1]
    assert sent.to == ["dave@example.com"]
    assert sent.subject == "Alice invites you to alpha"
    assert "an admin" in sent.body
    assert last_link()


def test_secret_is_stored_as_a_hash_only(
    cast: Cast, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        invitation = invite(cast, "dave@example.com")
    secret = last_link().split("/")[-2]
    assert secret not in str(Invitation.objects.filter(pk=invitation.pk).values().get())
    assert invitation_by_secret(secret) == invitation
    assert invitation_by_secret(invitation.secret_hash) is None


@pytest.mark.parametrize(("role", "by_role"), [(Role.OWNER, Role.ADMIN), (Role.MEMBER, Role.MEMBER)])
def test_nobody_invites_above_themselves(cast: Cast, role: str, by_role: str) -> None:
    with pytest.raises(RoleTooHigh):
        invite(cast, "dave@example.com", role, by_role)
    assert not Invitation.objects.exists()


def test_inviting_a_member_is_refused_and_changes_no_role(cast: Cast) -> None:
    with pytest.raises(MemberAlready):
        invite(cast, "CAROL@example.com", Role.OWNER)
    assert cast.membership(cast.carol).role == Role.MEMBER


def test_address_with_an_account_is_answered_like_one_without(cast: Cast) -> None:
    with_account, without = invite(cast, "charlie@example.com"), invite(cast, "nobody@example.com")
    assert (with_account.role, with_account.sends) == (without.role, without.sends)


def test_inviting_again_sends_the_open_one_again_with_the_new_role(cast: Cast) -> None:
    first = invite(cast, "dave@example.com")
    grow_older(first, MINUTES)
    again = invite(cast, "dave@example.com", Role.ADMIN)
    assert (again.pk, again.role, again.sends) == (first.pk, Role.ADMIN, 2)
    assert again.secret_hash != first.secret_hash


def test_admin_does_not_turn_an_owners_invitation_into_another(cast: Cast) -> None:
    grow_older(invite(cast, "dave@example.com", Role.OWNER), MINUTES)
    with pytest.raises(RoleTooHigh):
        invite(cast, "dave@example.com", Role.MEMBER, Role.ADMIN)
    assert Invitation.objects.get().role == Role.OWNER


def test_accepting_makes_a_member_once(cast: Cast) -> None:
    invitation = invite(cast, "dave@example.com", Role.ADMIN)
    membership = accept(invitation)
    assert (membership.workspace, membership.role) == (cast.alpha, Role.ADMIN)
    with pytest.raises(InvitationUsed):
        invitation_accept(invitation=invitation, user=membership.user, actor=THE_CONSOLE)


def test_acts_are_recorded(cast: Cast) -> None:
    invitation = invite(cast, "dave@example.com")
    accept(invitation)
    acts = list(AuditEntry.objects.filter(workspace=cast.alpha).values_list("action", flat=True)[:3])
    assert acts == ["invitation.accept", "member.add", "invitation.create"]
    assert not AuditEntry.objects.filter(details__contains="dave").exists()


def test_only_the_invited_address_accepts(cast: Cast) -> None:
    invitation = invite(cast, "dave@example.com")
    with pytest.raises(InvitationForAnother):
        accept(invitation, "erin")
    assert Invitation.objects.get().accepted_at is None


def test_address_that_was_not_confirmed_does_not_count(cast: Cast) -> None:
    dave = person("dave")
    dave.emailaddress_set.update(verified=False)  # type: ignore[attr-defined]
    with pytest.raises(InvitationForAnother):
        invitation_accept(invitation=invite(cast, "dave@example.com"), user=dave, actor=THE_CONSOLE)


def test_accepting_keeps_the_role_of_somebody_who_joined_meanwhile(cast: Cast) -> None:
    dave = person("dave")
    invitation = invite(cast, "dave@example.com", Role.MEMBER)
    membership_add(workspace=cast.alpha, user=dave, role=Role.ADMIN, actor=THE_CONSOLE)
    invitation_accept(invitation=invitation, user=dave, actor=THE_CONSOLE)
    assert cast.membership(dave).role == Role.ADMIN


def test_expired_invitation_is_refused_until_it_is_sent_again(cast: Cast) -> None:
    invitation = invite(cast, "dave@example.com")
    grow_older(invitation, WEEK)
    with pytest.raises(InvitationExpired):
        accept(invitation)
    again = resend(invitation)
    assert invitation_accept(invitation=again, user=User.objects.get(email="dave@example.com"), actor=THE_CONSOLE)


def test_revoked_invitation_is_refused_and_not_sent_again(cast: Cast) -> None:
    invitation = invite(cast, "dave@example.com")
    assert revoke(invitation)
    assert not revoke(invitation)
    with pytest.raises(InvitationInvalid):
        accept(invitation)
    grow_older(invitation, MINUTES)
    with pytest.raises(InvitationInvalid):
        resend(invitation)


def test_link_replaced_while_it_was_being_accepted_does_not_count(cast: Cast) -> None:
    read_before = invite(cast, "dave@example.com")
    grow_older(read_before, MINUTES)
    resend(read_before)
    with pytest.raises(InvitationInvalid):
        accept(read_before)


def test_expired_one_that_was_replaced_does_not_open_again(cast: Cast) -> None:
    old = invite(cast, "dave@example.com")
    grow_older(old, WEEK)
    invite(cast, "dave@example.com")
    with pytest.raises(InvitationInvalid):
        resend(old)


def test_accepted_one_is_not_sent_again(cast: Cast) -> None:
    invitation = invite(cast, "dave@example.com")
    accept(invitation)
    with pytest.raises(InvitationUsed):
        resend(invitation)


def test_deleted_workspace_takes_nobody(cast: Cast) -> None:
    invitation = invite(cast, "dave@example.com")
    workspace_delete(workspace=cast.alpha, actor=THE_CONSOLE)
    with pytest.raises(InvitationInvalid):
        accept(invitation)


def test_admin_neither_revokes_nor_resends_an_owners_invitation(cast: Cast) -> None:
    invitation = invite(cast, "dave@example.com", Role.OWNER)
    for act in (invitation_revoke, invitation_resend):
        with pytest.raises(RoleTooHigh):
            act(invitation=invitation, actor=acting(cast.bob))


def test_places_of_the_plan_are_kept_when_inviting_and_when_accepting(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    seats = {"limit": 4}
    monkeypatch.setattr(invitation_rules, "seat_limit", lambda workspace_id: seats["limit"])
    invitation = invite(cast, "dave@example.com")
    seats["limit"] = 3
    with pytest.raises(SeatLimitReached):
        accept(invitation)
    with pytest.raises(SeatLimitReached):
        invite(cast, "erin@example.com")
    membership_leave(membership=cast.membership(cast.carol), actor=THE_CONSOLE)
    assert invite(cast, "erin@example.com")


def test_mails_to_one_address_have_a_minute_between_them(cast: Cast) -> None:
    invitation = invite(cast, "dave@example.com")
    with pytest.raises(InvitationsTooFast) as refused:
        resend(invitation)
    assert refused.value.retry_after in range(1, 61)
    revoke(invitation)
    with pytest.raises(InvitationsTooFast):
        invite(cast, "dave@example.com")


def test_one_invitation_causes_a_limited_number_of_mails(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitation_rules, "SENDS_LIMIT", 2)
    invitation = invite(cast, "dave@example.com")
    grow_older(invitation, MINUTES)
    grow_older(resend(invitation), MINUTES)
    with pytest.raises(InvitationsTooFast, match="too often"):
        resend(invitation)


def test_a_person_invites_a_limited_number_an_hour_over_all_workspaces(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invitation_rules, "HOURLY_LIMIT", 1)
    invite(cast, "dave@example.com")
    membership_add(workspace=cast.gamma, user=cast.alice, role=Role.ADMIN, actor=THE_CONSOLE)
    with pytest.raises(InvitationsTooFast):
        invitation_create(workspace=cast.gamma, email="erin@example.com", role=Role.MEMBER, actor=acting(cast.alice))


def test_mails_that_repeat_an_invitation_count_for_the_hour(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitation_rules, "HOURLY_LIMIT", 2)
    invitation = invite(cast, "dave@example.com")
    grow_older(invitation, MINUTES)
    grow_older(resend(invitation), MINUTES)
    with pytest.raises(InvitationsTooFast) as refused:
        resend(invitation)
    assert refused.value.retry_after in range(1, 3601)


def test_a_workspace_has_a_limited_number_of_open_invitations(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitation_rules, "OPEN_LIMIT", 1)
    invitation = invite(cast, "dave@example.com")
    with pytest.raises(InvitationLimitReached):
        invite(cast, "erin@example.com")
    revoke(invitation)
    assert invite(cast, "erin@example.com")


def test_sign_up_opens_for_an_invited_address_as_long_as_it_is_invited(cast: Cast) -> None:
    invitation = invite(cast, "dave@example.com")
    assert invitation_open_for("DAVE@example.com")
    assert not invitation_open_for("erin@example.com")
    revoke(invitation)
    assert not invitation_open_for("dave@example.com")


def test_invitation_into_a_deleted_workspace_opens_no_sign_up(cast: Cast) -> None:
    invite(cast, "dave@example.com")
    workspace_delete(workspace=cast.alpha, actor=THE_CONSOLE)
    assert not invitation_open_for("dave@example.com")

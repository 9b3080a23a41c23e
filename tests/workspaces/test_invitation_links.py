"""An invitation's links: the mailed one makes an account on one page, the one handed over proves no address."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.errors import EmailTaken
from accounts.models import User
from opencode.lib.actor import PERSON, THE_CONSOLE, Actor
from tests.cast import PASSWORD, Cast, acting, browser
from tests.support.audit import audited
from tests.workspaces.inviting import grow_older, handed_link, invite, last_link
from tests.workspaces.test_invitations import MINUTES, WEEK
from workspaces.errors import InvitationForAnother, RoleTooHigh
from workspaces.models import Invitation, Membership, Role, Workspace
from workspaces.selectors.invitations import proves_address
from workspaces.services.invitation_links import invitation_link_create, invitation_sign_up
from workspaces.services.invitations import invitation_resend, invitation_revoke

pytestmark = pytest.mark.django_db(transaction=True)
DAVE = "dave@example.com"
SHOWN = re.compile(r'<code id="link">http://[^/]+(/workspaces/invitations/\w+/)</code>')


def shown_link(page: str) -> str:
    found = SHOWN.search(page)
    assert found is not None, page
    return found[1]


def invite_by_page(client: Client, email: str = DAVE) -> str:
    page = client.post(reverse("workspaces:invite", args=["alpha"]), {"email": email, "role": "member"})
    return page.content.decode()


def dave() -> User:
    return User.objects.get(email=DAVE)


def secret_of(path: str) -> str:
    return path.strip("/").rsplit("/", 1)[-1]


@pytest.mark.parametrize("password", [PASSWORD, ""])
def test_mailed_link_makes_account_and_member_in_one_mail_and_two_screens(cast: Cast, password: str) -> None:
    invite(cast, DAVE)
    client, mails = browser(), len(mail.outbox)
    assert 'name="password"' in client.get(last_link()).content.decode()
    page = client.post(last_link(), {"password": password}, follow=True)
    assert page.redirect_chain[-1][0] == "/workspaces/alpha/"
    assert "You are a member of alpha now." in page.content.decode()
    assert len(mail.outbox) == mails
    assert EmailAddress.objects.get(user=dave()).verified
    assert dave().has_usable_password() is bool(password)


def test_invited_person_gets_no_workspace_of_their_own(cast: Cast) -> None:
    invite(cast, DAVE)
    before = Workspace.objects.count()
    browser().post(last_link(), {"password": PASSWORD})
    assert Workspace.objects.count() == before
    assert [membership.workspace for membership in dave().memberships.all()] == [cast.alpha]


def test_invited_person_who_signs_up_by_themselves_is_shown_the_invitation(cast: Cast) -> None:
    invite(cast, "frieda@example.com")
    mail.outbox.clear()
    client = browser()
    client.post(reverse("account_signup"), {"email": "frieda@example.com", "password1": PASSWORD})
    confirm = re.search(r"/accounts/confirm-email/\S+/", str(mail.outbox[0].body))
    assert confirm is not None
    page = client.post(confirm[0], follow=True)
    assert page.redirect_chain[-1][0] == reverse("workspaces:list")
    assert "alpha" in page.content.decode()
    assert not Membership.objects.filter(user__email="frieda@example.com").exists()


def test_page_after_inviting_shows_a_link_once(cast: Cast) -> None:
    client = browser(cast.alice)
    path = shown_link(invite_by_page(client))
    assert browser().get(path).status_code == 200
    assert path not in client.get(reverse("workspaces:invitations", args=["alpha"])).content.decode()
    assert secret_of(path) not in str(Invitation.objects.values())
    assert path not in str(mail.outbox[-1].body)


@pytest.mark.parametrize("is_queued", [True, False])
def test_page_after_inviting_says_whether_a_mail_went(cast: Cast, settings: Settings, is_queued: bool) -> None:
    settings.MAIL_IS_QUEUED = is_queued
    page = invite_by_page(browser(cast.alice))
    assert ("is on its way" in page) is is_queued
    assert ("no mail server is set up" in page) is not is_queued


def test_link_handed_over_proves_no_address(cast: Cast) -> None:
    """Or whoever may invite could make themselves an account with anybody's address."""
    path = shown_link(invite_by_page(browser(cast.alice)))
    client = browser()
    assert 'name="password"' not in client.get(path).content.decode()
    assert client.post(path, {"password": PASSWORD})["Location"].startswith(reverse("account_login"))
    assert not User.objects.filter(email=DAVE).exists()


def test_service_itself_refuses_a_secret_that_was_not_mailed(cast: Cast) -> None:
    invitation = invite(cast, DAVE)
    secret = secret_of(handed_link(invitation, cast.alice))
    invitation.refresh_from_db()
    assert not proves_address(invitation, secret)
    with pytest.raises(InvitationForAnother):
        invitation_sign_up(
            invitation=invitation, secret=secret, password=PASSWORD, actor_of=lambda _person: THE_CONSOLE
        )


def test_mailed_link_takes_over_no_account(cast: Cast) -> None:
    """Somebody may have signed up with the address before, confirmed or not: it then only leads to the ways in."""
    User.objects.create_user(DAVE, "the password of a squatter")
    invitation = invite(cast, DAVE)
    client = browser()
    assert 'name="password"' not in client.get(last_link()).content.decode()
    assert client.post(last_link(), {"password": PASSWORD})["Location"].startswith(reverse("account_login"))
    assert dave().check_password("the password of a squatter")
    with pytest.raises(EmailTaken):
        invitation_sign_up(
            invitation=invitation,
            secret=secret_of(last_link()),
            password=PASSWORD,
            actor_of=lambda person: Actor(PERSON, person),
        )


def test_closed_console_takes_no_new_person_by_a_mailed_link(cast: Cast, settings: Settings) -> None:
    settings.SIGNUP_POLICY = "closed"
    invite(cast, DAVE)
    assert browser().post(last_link(), {"password": PASSWORD}).status_code == 302
    assert not User.objects.filter(email=DAVE).exists()


def test_account_is_made_only_with_the_membership(cast: Cast) -> None:
    """The inviter may not give the role any more: nobody joins, and no account is left behind."""
    invite(cast, DAVE, by_role=Role.ADMIN)
    Membership.objects.filter(user=cast.bob).update(role=Role.MEMBER)
    assert browser().post(last_link(), {"password": PASSWORD}).status_code == 404
    assert not User.objects.filter(email=DAVE).exists()


def test_weak_password_is_answered_and_leaves_the_link(cast: Cast) -> None:
    invite(cast, DAVE)
    page = browser().post(last_link(), {"password": "short"})
    assert (page.status_code, "too short" in page.content.decode()) == (422, True)
    assert browser().post(last_link(), {"password": PASSWORD}).status_code == 302


@pytest.mark.parametrize("ending", ["revoked", "resent", "expired", "made anew"])
def test_link_handed_over_ends(cast: Cast, ending: str) -> None:
    invitation = invite(cast, DAVE)
    path = handed_link(invitation, cast.alice)
    grow_older(invitation, MINUTES)
    ends = {
        "revoked": lambda: invitation_revoke(invitation=invitation, actor=acting(cast.alice)),
        "resent": lambda: invitation_resend(invitation=invitation, actor=acting(cast.alice)),
        "expired": lambda: grow_older(invitation, WEEK),
        "made anew": lambda: handed_link(invitation, cast.alice),
    }
    ends[ending]()
    assert browser().get(path).status_code == 404


def test_new_link_leaves_the_mailed_one(cast: Cast) -> None:
    handed_link(invite(cast, DAVE), cast.alice)
    assert browser().post(last_link(), {"password": PASSWORD}).status_code == 302


def test_list_makes_a_new_link(cast: Cast) -> None:
    invitation = invite(cast, DAVE)
    page = browser(cast.bob).post(reverse("workspaces:invitation_link", args=["alpha", invitation.pk]))
    assert browser().get(shown_link(page.content.decode())).status_code == 200
    assert "no-store" in page["Cache-Control"]
    assert [entry.target_id for entry in audited(cast.alpha, "invitation.link")] == [invitation.pk]


def test_nobody_makes_a_link_to_a_role_above_theirs(cast: Cast) -> None:
    invitation = invite(cast, DAVE, role=Role.OWNER)
    with pytest.raises(RoleTooHigh):
        invitation_link_create(invitation=invitation, actor=acting(cast.bob))
    page = browser(cast.bob).post(reverse("workspaces:invitation_link", args=["alpha", invitation.pk]), follow=True)
    assert SHOWN.search(page.content.decode()) is None

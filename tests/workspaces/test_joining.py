"""The link of an invitation, in the browsers of those who may open it."""

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from opencode.lib.actor import THE_CONSOLE
from tests.accounts.mailbox import link_in
from tests.cast import PASSWORD, Cast, acting, browser, person
from tests.workspaces.inviting import grow_older, handed_link, invite, last_link
from tests.workspaces.test_invitations import MINUTES, WEEK
from workspaces.models import Invitation, Membership, Role
from workspaces.services.invitations import invitation_resend, invitation_revoke
from workspaces.services.memberships import membership_leave

pytestmark = pytest.mark.django_db(transaction=True)


def text(client: Client, path: str) -> str:
    return client.get(path, follow=True).content.decode()


def test_opening_the_link_joins_nobody(cast: Cast) -> None:
    dave = person("dave")
    invite(cast, dave.email)
    assert "Accept and join" in text(browser(dave), last_link())
    assert not dave.memberships.exists()


def test_accepting_leads_into_the_workspace(cast: Cast) -> None:
    dave = person("dave")
    invite(cast, dave.email)
    page = browser(dave).post(last_link(), follow=True)
    assert page.redirect_chain[-1][0] == "/workspaces/alpha/"
    assert "You are a member of alpha now." in page.content.decode()
    assert cast.membership(dave).role == Role.MEMBER


def test_link_that_was_used_leads_its_person_in_and_nobody_else(cast: Cast) -> None:
    dave = person("dave")
    invite(cast, dave.email)
    client, path = browser(dave), last_link()
    client.post(path)
    assert client.get(path)["Location"] == reverse("home")
    assert browser(person("erin")).get(path).status_code == 409
    assert browser().get(path).status_code == 409


def test_link_of_somebody_who_left_leads_nowhere(cast: Cast) -> None:
    dave = person("dave")
    invite(cast, dave.email)
    client, path = browser(dave), last_link()
    client.post(path)
    membership_leave(membership=cast.membership(dave), actor=THE_CONSOLE)
    assert client.post(path).status_code == 409
    assert not dave.memberships.exists()


@pytest.mark.parametrize("ending", ["revoked", "resent", "expired"])
def test_link_that_has_ended_says_so_and_joins_nobody(cast: Cast, ending: str) -> None:
    dave = person("dave")
    invitation = invite(cast, dave.email)
    path = last_link()
    grow_older(invitation, MINUTES)
    ends = {
        "revoked": lambda: invitation_revoke(invitation=invitation, actor=acting(cast.alice)),
        "resent": lambda: invitation_resend(invitation=invitation, actor=acting(cast.alice)),
        "expired": lambda: grow_older(invitation, WEEK),
    }
    ends[ending]()
    assert [browser(dave).get(path).status_code, browser(dave).post(path).status_code] == [404, 404]
    assert not dave.memberships.exists()


def test_somebody_else_is_told_whom_it_is_for_and_can_change_accounts(cast: Cast) -> None:
    invite(cast, "dave@example.com")
    client, path = browser(cast.charlie), last_link()
    page = client.get(path)
    assert page.status_code == 403
    assert "dave@example.com" in page.content.decode()
    assert client.post(path).status_code == 403
    assert client.post(reverse("account_logout"), {"next": path})["Location"] == path


def test_stranger_is_shown_both_ways_in(cast: Cast) -> None:
    path = handed_link(invite(cast, "dave+work@example.com"), cast.alice)
    page = text(browser(), path)
    assert f"{reverse('account_login')}?next={path}" in page
    assert f"{reverse('account_signup')}?next={path}&amp;email=dave%2Bwork%40example.com" in page


def test_person_with_an_account_comes_back_after_signing_in(cast: Cast) -> None:
    dave = person("dave")
    invite(cast, dave.email)
    client, path = browser(), last_link()
    sign_in = f"{reverse('account_login')}?next={path}"
    assert "next" in client.get(sign_in).content.decode()
    answer = client.post(sign_in, {"login": dave.email, "password": PASSWORD, "next": path})
    assert answer["Location"] == path


def test_new_person_comes_back_after_signing_up_and_confirming(cast: Cast) -> None:
    client, path = browser(), handed_link(invite(cast, "dave@example.com"), cast.alice)
    sign_up = f"{reverse('account_signup')}?next={path}&email=dave@example.com"
    assert 'value="dave@example.com"' in client.get(sign_up).content.decode()
    client.post(sign_up, {"email": "dave@example.com", "password1": PASSWORD, "next": path})
    confirmed = client.post(link_in(mail.outbox[-1], "/accounts/confirm-email/"))
    assert confirmed["Location"] == path
    client.post(path)
    assert list(User.objects.get(email="dave@example.com").memberships.values_list("workspace__slug")) == [("alpha",)]


def test_new_person_who_confirmed_elsewhere_finds_the_invitation_in_the_console(cast: Cast) -> None:
    dave = person("dave")
    invitation = invite(cast, dave.email)
    client = browser(dave)
    path = reverse("workspaces:invitation", args=[invitation.pk])
    assert path in text(client, reverse("workspaces:list"))
    client.post(path)
    assert cast.membership(dave).role == Role.MEMBER


def test_console_that_takes_invited_people_only_takes_them(cast: Cast, settings: Settings) -> None:
    settings.SIGNUP_POLICY = "invitation"
    invite(cast, "dave@example.com")
    for name in ("dave", "erin"):
        fields = {"email": f"{name}@example.com", "password1": PASSWORD}
        browser().post(reverse("account_signup"), fields)
    assert list(User.objects.filter(email__in=["dave@example.com", "erin@example.com"]).values_list("email")) == [
        ("dave@example.com",)
    ]


def test_id_of_an_invitation_opens_it_to_nobody_else(cast: Cast) -> None:
    invitation = invite(cast, "dave@example.com")
    path = reverse("workspaces:invitation", args=[invitation.pk])
    people = [browser(user) for user in (None, cast.charlie, cast.alice)]
    assert [client.get(path).status_code for client in people] == [404, 404, 404]


def test_made_up_secret_is_not_found(cast: Cast) -> None:
    path = reverse("workspaces:invitation", args=["guess"])
    assert browser(cast.charlie).get(path).status_code == 404


def test_page_of_an_invitation_is_kept_by_nobody(cast: Cast) -> None:
    invite(cast, "dave@example.com")
    assert "no-store" in browser().get(last_link())["Cache-Control"]


def test_accepting_without_the_csrf_token_is_refused(cast: Cast) -> None:
    dave = person("dave")
    invite(cast, dave.email)
    client = Client(enforce_csrf_checks=True)
    client.force_login(dave)
    assert client.post(last_link()).status_code == 403
    assert not Membership.objects.filter(user=dave).exists()


def test_suspended_person_accepts_nothing(cast: Cast) -> None:
    dave = person("dave")
    invite(cast, dave.email)
    client = browser(dave)
    User.objects.filter(pk=dave.pk).update(is_active=False)
    assert client.post(last_link())["Location"].startswith(reverse("account_login"))
    assert Invitation.objects.get().accepted_at is None

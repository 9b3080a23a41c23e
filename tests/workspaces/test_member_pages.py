"""The pages of people: members, invitations, handing over, leaving, deleting, restoring."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from opencode.lib import paging
from opencode.lib.actor import THE_CONSOLE
from tests.cast import Cast, browser, person
from tests.workspaces.inviting import invite
from workspaces.models import Invitation, Membership, Role, Workspace
from workspaces.services.deletions import workspace_delete
from workspaces.services.memberships import membership_add

pytestmark = pytest.mark.django_db


def url(name: str, *args: str) -> str:
    return reverse(f"workspaces:{name}", args=["alpha", *args])


def crowd(cast: Cast, number: int) -> None:
    for index in range(number):
        who = person(f"member{index:03}")
        membership_add(workspace=cast.alpha, user=who, role=Role.MEMBER, actor=THE_CONSOLE)


def names_on(page: str) -> list[str]:
    return re.findall(r"<bdi>(Member\d{3})</bdi>", page)


def test_members_see_each_other_and_cannot_manage(cast: Cast) -> None:
    page = browser(cast.carol).get(url("members")).content.decode()
    assert "alice@example.com" in page
    assert "Manage" not in page
    assert url("invite") not in page


def test_admin_is_offered_everybody_but_the_owner(cast: Cast) -> None:
    page = browser(cast.bob).get(url("members")).content.decode()
    assert url("member", cast.membership(cast.carol).pk) in page
    assert url("member", cast.membership(cast.alice).pk) not in page


def test_list_pages_by_key_and_shows_everybody_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "PAGE_ROWS", 4)
    crowd(cast, 6)
    client, seen, path = browser(cast.carol), [], url("members")
    for _ in range(3):
        page = client.get(path).content.decode()
        seen += names_on(page)
        path = url("members") + "".join(re.findall(r'href="(\?after=[^"]+)"', page))
    assert seen == [f"Member{index:03}" for index in range(6)]


def test_list_asks_the_database_as_often_for_many_as_for_few(cast: Cast) -> None:
    client = browser(cast.carol)
    client.get(url("members"))
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(url("members"))
    crowd(cast, 40)
    with CaptureQueriesContext(connection) as many:
        client.get(url("members"))
    assert len(many) == len(few)


@pytest.mark.parametrize("term", ["member003", "MEMBER003", "r003@ex"])
def test_search_finds_names_and_addresses_in_any_case(cast: Cast, term: str) -> None:
    crowd(cast, 5)
    page = browser(cast.carol).get(url("members"), {"q": term}).content.decode()
    assert names_on(page) == ["Member003"]


def test_search_without_a_find_says_so(cast: Cast) -> None:
    page = browser(cast.carol).get(url("members"), {"q": "<b>zed"}).content.decode()
    assert "&lt;b&gt;zed" in page
    assert "Show all members" in page


def test_page_saves_role_and_limit(cast: Cast) -> None:
    path = url("member", cast.membership(cast.carol).pk)
    browser(cast.bob).post(path, {"role": "admin", "monthly_limit": "12.50"})
    membership = cast.membership(cast.carol)
    assert (membership.role, membership.monthly_limit) == (Role.ADMIN, 1_250_000_000)
    assert 'value="12.50"' in browser(cast.bob).get(path).content.decode()


@pytest.mark.parametrize("fields", [{"role": "owner"}, {"role": "king"}, {"role": "member", "monthly_limit": "-1"}])
def test_bad_input_is_answered_beside_the_field(cast: Cast, fields: dict[str, str]) -> None:
    page = browser(cast.bob).post(url("member", cast.membership(cast.carol).pk), fields)
    assert page.status_code == 422
    assert "errorlist" in page.content.decode()
    assert cast.membership(cast.carol).role == Role.MEMBER


def test_last_owner_stepping_down_is_answered_beside_the_field(cast: Cast) -> None:
    page = browser(cast.alice).post(url("member", cast.membership(cast.alice).pk), {"role": "admin"})
    assert page.status_code == 422
    assert "at least one owner" in page.content.decode()


def test_removed_member_is_gone_from_list_and_workspace(cast: Cast) -> None:
    path = url("member_remove", cast.membership(cast.carol).pk)
    page = browser(cast.bob).post(path, follow=True).content.decode()
    assert "Carol is no longer a member" in page
    assert browser(cast.carol).get(url("members")).status_code == 404


def test_handing_over_needs_the_workspaces_name(cast: Cast) -> None:
    path = url("handover", cast.membership(cast.carol).pk)
    assert browser(cast.alice).post(path, {"confirmation": "beta"}).status_code == 422
    browser(cast.alice).post(path, {"confirmation": " alpha "})
    assert cast.membership(cast.carol).role == Role.OWNER
    assert cast.membership(cast.alice).role == Role.ADMIN


def test_member_leaves(cast: Cast) -> None:
    assert browser(cast.carol).post(url("leave"))["Location"] == reverse("workspaces:list")
    assert not Membership.objects.filter(user=cast.carol).exists()


def test_last_owner_is_shown_what_to_do_instead_of_leaving(cast: Cast) -> None:
    page = browser(cast.alice).post(url("leave"))
    assert page.status_code == 409
    assert url("members") in page.content.decode()
    assert url("delete") in page.content.decode()


def test_invitation_is_sent_and_listed(cast: Cast) -> None:
    browser(cast.bob).post(url("invite"), {"email": "Dave@Example.com", "role": "member"})
    page = browser(cast.bob).get(url("invitations")).content.decode()
    assert "dave@example.com" in page
    assert "Waiting" in page


def test_admin_cannot_choose_owner(cast: Cast) -> None:
    assert 'value="owner"' not in browser(cast.bob).get(url("invite")).content.decode()
    page = browser(cast.bob).post(url("invite"), {"email": "dave@example.com", "role": "owner"})
    assert page.status_code == 422
    assert not Invitation.objects.exists()


def test_inviting_a_member_is_answered_beside_the_field(cast: Cast) -> None:
    page = browser(cast.bob).post(url("invite"), {"email": "carol@example.com", "role": "member"})
    assert page.status_code == 422
    assert "is already a member" in page.content.decode()


def test_sending_again_too_soon_says_so(cast: Cast) -> None:
    invitation = invite(cast, "dave@example.com")
    page = browser(cast.bob).post(url("invitation_resend", invitation.pk), follow=True)
    assert "in a while" in page.content.decode()


def test_invitations_are_searched_by_address(cast: Cast) -> None:
    invite(cast, "dave@example.com")
    invite(cast, "erin@example.com")
    page = browser(cast.bob).get(url("invitations"), {"q": "DAVE"}).content.decode()
    assert "dave@example.com" in page
    assert "erin@example.com" not in page


def test_address_is_changed_by_the_form(cast: Cast) -> None:
    page = browser(cast.bob).post(url("address"), {"slug": "omega"}, follow=True)
    assert page.redirect_chain == [("/workspaces/omega/settings/", 302)]
    assert "/workspaces/omega/ now" in page.content.decode()


@pytest.mark.parametrize("slug", ["gamma", "Not A Slug", "settings"])
def test_bad_address_is_answered_beside_the_field(cast: Cast, slug: str) -> None:
    page = browser(cast.bob).post(url("address"), {"slug": slug})
    assert page.status_code == 422
    assert "errorlist" in page.content.decode()


def test_deleting_needs_the_name_and_leads_to_the_page_that_restores(cast: Cast) -> None:
    client = browser(cast.alice)
    assert client.post(url("delete"), {"confirmation": "beta"}).status_code == 422
    page = client.post(url("delete"), {"confirmation": "alpha"}, follow=True)
    assert page.redirect_chain == [(url("restore"), 302)]
    assert client.get(url("members")).status_code == 404
    assert client.post(url("restore"))["Location"] == "/workspaces/alpha/"
    assert client.get(url("members")).status_code == 200


def test_only_owners_restore(cast: Cast) -> None:
    workspace_delete(workspace=cast.alpha, actor=THE_CONSOLE)
    people = [browser(user) for user in (cast.carol, cast.bob, cast.charlie)]
    assert [client.post(url("restore")).status_code for client in people] == [404, 404, 404]
    assert Workspace.objects.get(pk=cast.alpha.pk).deleted_at is not None


def test_list_of_workspaces_shows_owners_what_they_can_restore(cast: Cast) -> None:
    workspace_delete(workspace=cast.alpha, actor=THE_CONSOLE)
    assert url("restore") in browser(cast.alice).get(reverse("workspaces:list")).content.decode()
    assert url("restore") not in browser(cast.bob).get(reverse("workspaces:list")).content.decode()


def test_restoring_too_late_is_refused(cast: Cast) -> None:
    workspace_delete(workspace=cast.alpha, actor=THE_CONSOLE)
    Workspace.objects.filter(pk=cast.alpha.pk).update(purging_at=cast.alpha.created_at)
    client = browser(cast.alice)
    assert "can no longer be restored" in client.get(url("restore")).content.decode()
    assert client.post(url("restore")).status_code == 404

"""Members and invitations through the JSON API."""

from collections.abc import Callable

import pytest
from django.urls import reverse

from accounts.models import User
from opencode.lib.errors import Forbidden
from tests.api.conftest import MakeProgram, Program, code_of
from tests.cast import Cast, acting, browser
from workspaces.api import workspaces
from workspaces.models import AuditEntry, Invitation, Membership, Workspace
from workspaces.services.memberships import membership_change

FromPage = Callable[[User], Program]
MEMBERS = "/workspaces/alpha/members"
INVITATIONS = "/workspaces/alpha/invitations"


def member_path(cast: Cast, user: User) -> str:
    return f"{MEMBERS}/{cast.membership(user).pk}"


def test_key_that_reads_the_workspace_lists_its_members(cast: Cast, with_key: MakeProgram) -> None:
    listed = with_key(cast.carol, "workspace:read").get(MEMBERS)["items"]
    assert {(one["name"], one["role"]) for one in listed} == {("Alice", "owner"), ("Bob", "admin"), ("Carol", "member")}


def test_members_are_searched_and_walked(cast: Cast, from_page: FromPage) -> None:
    page = from_page(cast.carol)
    assert [one["name"] for one in page.get(f"{MEMBERS}?search=CAROL@")["items"]] == ["Carol"]
    first = page.get(f"{MEMBERS}?limit=2")
    second = page.get(MEMBERS + first["next"].partition("/members")[2])
    assert [one["name"] for one in first["items"] + second["items"]] == ["Alice", "Bob", "Carol"]


def test_role_and_limit_change_and_what_is_left_out_stays(cast: Cast, from_page: FromPage) -> None:
    page, path = from_page(cast.bob), member_path(cast, cast.carol)
    limited = page("PATCH", path, {"monthly_limit_micro_cents": 500_000_000}).json()
    assert (limited["role"], limited["monthly_limit_micro_cents"]) == ("member", 500_000_000)
    promoted = page("PATCH", path, {"role": "admin"}).json()
    assert (promoted["role"], promoted["monthly_limit_micro_cents"]) == ("admin", 500_000_000)
    assert page("PATCH", path, {"monthly_limit_micro_cents": None}).json()["monthly_limit_micro_cents"] is None


@pytest.mark.parametrize("limit", [-1, 10**15, 0.5, "1"])
def test_limit_that_makes_no_sense_is_refused_by_name(cast: Cast, from_page: FromPage, limit: object) -> None:
    refused = from_page(cast.bob)("PATCH", member_path(cast, cast.carol), {"monthly_limit_micro_cents": limit})
    assert set(refused.json()["error"].get("fields", {})) == {"monthly_limit_micro_cents"}


def test_admin_makes_no_owner(cast: Cast, from_page: FromPage) -> None:
    refused = from_page(cast.bob)("PATCH", member_path(cast, cast.carol), {"role": "owner"})
    assert code_of(refused) == (403, "role_too_high")
    assert cast.membership(cast.carol).role == "member"


def test_removed_member_and_their_keys_are_gone(cast: Cast, from_page: FromPage, with_key: MakeProgram) -> None:
    program = with_key(cast.carol, "sync:read")
    assert from_page(cast.bob)("DELETE", member_path(cast, cast.carol)).status_code == 204
    assert code_of(program("GET", "/me")) == (401, "credentials_invalid")
    assert code_of(from_page(cast.carol)("GET", MEMBERS)) == (404, "not_found")


def test_member_leaves_and_the_last_owner_does_not(cast: Cast, from_page: FromPage) -> None:
    assert from_page(cast.carol)("DELETE", f"{MEMBERS}/me").status_code == 204
    assert code_of(from_page(cast.alice)("DELETE", f"{MEMBERS}/me")) == (409, "last_owner_remains")
    assert not Membership.objects.filter(user=cast.carol).exists()


def test_deleted_workspace_is_gone_from_the_api(cast: Cast, from_page: FromPage) -> None:
    page = from_page(cast.alice)
    assert page("DELETE", "/workspaces/alpha").status_code == 204
    assert code_of(page("GET", f"/workspaces/{cast.alpha.pk}")) == (404, "not_found")
    assert page.get("/workspaces")["items"] == []


def test_slug_changes_and_the_id_stays(cast: Cast, from_page: FromPage) -> None:
    page = from_page(cast.bob)
    assert page("PATCH", "/workspaces/alpha", {"slug": "alpha-two"}).json()["slug"] == "alpha-two"
    assert page.get(f"/workspaces/{cast.alpha.pk}")["slug"] == "alpha-two"
    assert code_of(page("PATCH", "/workspaces/alpha-two", {"slug": "gamma"})) == (409, "slug_taken")
    refused = page("PATCH", "/workspaces/alpha-two", {"slug": "Not A Slug"})
    assert set(refused.json()["error"]["fields"]) == {"slug"}
    assert Workspace.objects.get(pk=cast.alpha.pk).slug == "alpha-two"


def refuse(**_: object) -> None:
    raise Forbidden


def test_change_of_two_things_is_all_or_nothing(
    cast: Cast, from_page: FromPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspaces, "workspace_rename", refuse)
    page, acts = from_page(cast.alice), AuditEntry.objects.count()
    both = {"role": "admin", "monthly_limit_micro_cents": 5}
    assert code_of(page("PATCH", "/workspaces/alpha", {"slug": "fresh", "name": "Fresh"})) == (403, "forbidden")
    assert code_of(page("PATCH", member_path(cast, cast.alice), both)) == (409, "last_owner_remains")
    assert Workspace.objects.get(pk=cast.alpha.pk).slug == "alpha"
    assert cast.membership(cast.alice).monthly_limit is None
    assert AuditEntry.objects.count() == acts


def test_page_and_api_leave_the_same_entries(cast: Cast, from_page: FromPage) -> None:
    both = {"role": "admin", "monthly_limit_micro_cents": 1_250_000_000}
    from_page(cast.alice)("PATCH", member_path(cast, cast.carol), both)
    membership_change(
        membership=cast.membership(cast.carol), role="member", monthly_limit=None, actor=acting(cast.alice)
    )
    form = reverse("workspaces:member", args=["alpha", cast.membership(cast.carol).pk])
    browser(cast.alice).post(form, {"role": "admin", "monthly_limit": "12.50"})
    entries = AuditEntry.objects.filter(target_id=cast.carol.pk, action__in=("member.role", "member.limit"))
    api_role, api_limit, _, _, page_role, page_limit = entries.order_by("seq").values_list("action", "details")
    assert (api_role, api_limit) == (page_role, page_limit)
    assert [api_role[0], api_limit[0]] == ["member.role", "member.limit"]


def test_invitation_is_made_seen_sent_again_and_revoked(cast: Cast, from_page: FromPage) -> None:
    page = from_page(cast.bob)
    made = page("POST", INVITATIONS, {"email": "Dave@Example.com"}).json()
    assert (made["email"], made["role"], made["state"]) == ("dave@example.com", "member", "open")
    assert [one["id"] for one in page.get(f"{INVITATIONS}?search=dave")["items"]] == [made["id"]]
    assert page("DELETE", f"{INVITATIONS}/{made['id']}").status_code == 204
    assert page.get(f"{INVITATIONS}/{made['id']}")["state"] == "revoked"


def test_invitation_s_link_is_in_no_answer(cast: Cast, from_page: FromPage) -> None:
    response = from_page(cast.bob)("POST", INVITATIONS, {"email": "dave@example.com"})
    assert Invitation.objects.get().secret_hash not in response.content.decode()
    assert "secret" not in response.content.decode()


def test_repeated_invitation_sends_one_mail(cast: Cast, from_page: FromPage) -> None:
    page = from_page(cast.bob)
    for _ in range(2):
        page("POST", INVITATIONS, {"email": "dave@example.com"}, Idempotency_Key="once")
    assert Invitation.objects.get().sends == 1


@pytest.mark.parametrize("email", ["", "dave", "dave@", "a@b.c\nBcc: x@y.z", "x" * 250 + "@example.com"])
def test_address_that_is_none_is_refused_by_name(cast: Cast, from_page: FromPage, email: str) -> None:
    refused = from_page(cast.bob)("POST", INVITATIONS, {"email": email})
    assert code_of(refused) == (422, "fields_invalid")
    assert set(refused.json()["error"]["fields"]) == {"email"}


def test_member_is_not_invited_again(cast: Cast, from_page: FromPage) -> None:
    refused = from_page(cast.bob)("POST", INVITATIONS, {"email": "carol@example.com"})
    assert code_of(refused) == (409, "member_already")

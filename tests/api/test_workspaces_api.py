"""Workspaces through the JSON API."""

from collections.abc import Callable

from accounts.models import User
from opencode.lib.actor import THE_CONSOLE
from tests.api.conftest import MakeProgram, Program, code_of
from tests.cast import Cast
from workspaces.models import Workspace
from workspaces.services.workspaces import workspace_create

FromPage = Callable[[User], Program]


def test_person_lists_their_workspaces_with_their_role(cast: Cast, from_page: FromPage) -> None:
    listed = from_page(cast.bob).get("/workspaces")
    assert [(one["slug"], one["role"]) for one in listed["items"]] == [("alpha", "admin")]
    assert listed["next"] is None


def test_key_lists_the_one_it_belongs_to(cast: Cast, with_key: MakeProgram) -> None:
    listed = with_key(cast.bob, "workspace:read").get("/workspaces")
    assert [(one["slug"], one["role"]) for one in listed["items"]] == [("alpha", None)]


def test_list_is_walked_by_its_next_link(cast: Cast, from_page: FromPage) -> None:
    for name in ("beta", "delta"):
        workspace_create(owner=cast.alice, name=name, actor=THE_CONSOLE)
    page = from_page(cast.alice)
    first = page.get("/workspaces?limit=2")
    second = page.get("/workspaces" + first["next"].partition("/workspaces")[2])
    assert [one["slug"] for one in first["items"] + second["items"]] == ["alpha", "beta", "delta"]
    assert second["next"] is None


def test_workspace_is_found_by_slug_and_by_id(cast: Cast, from_page: FromPage) -> None:
    page = from_page(cast.carol)
    assert page.get("/workspaces/alpha") == page.get(f"/workspaces/{cast.alpha.pk}")


def test_outsider_gets_the_same_for_real_and_made_up_names(cast: Cast, from_page: FromPage) -> None:
    page = from_page(cast.charlie)
    assert code_of(page("GET", "/workspaces/alpha")) == (404, "not_found")
    assert code_of(page("GET", f"/workspaces/{cast.alpha.pk}")) == (404, "not_found")
    assert code_of(page("GET", "/workspaces/nowhere")) == (404, "not_found")


def test_person_makes_a_workspace_and_owns_it(cast: Cast, from_page: FromPage) -> None:
    response = from_page(cast.carol)("POST", "/workspaces", {"name": "  Carol's   own "})
    assert response.status_code == 201
    assert (response.json()["name"], response.json()["role"]) == ("Carol's own", "owner")


def test_admin_renames_and_a_member_does_not(cast: Cast, from_page: FromPage) -> None:
    assert from_page(cast.bob)("PATCH", "/workspaces/alpha", {"name": "Renamed"}).json()["name"] == "Renamed"
    assert code_of(from_page(cast.carol)("PATCH", "/workspaces/alpha", {"name": "x"})) == (403, "forbidden")
    assert Workspace.objects.get(pk=cast.alpha.pk).name == "Renamed"


def test_field_that_is_none_of_ours_is_refused_by_name(cast: Cast, from_page: FromPage) -> None:
    response = from_page(cast.bob)("PATCH", "/workspaces/alpha", {"name": "x", "id": "wrk_other", "deleted_at": None})
    assert code_of(response) == (422, "fields_invalid")
    assert set(response.json()["error"]["fields"]) == {"id", "deleted_at"}


def test_name_that_cannot_be_seen_is_refused_in_the_page_s_words(cast: Cast, from_page: FromPage) -> None:
    response = from_page(cast.bob)("POST", "/workspaces", {"name": "a\u202eb"})
    assert code_of(response) == (422, "fields_invalid")
    assert response.json()["error"]["fields"]["name"] == ["Use letters, digits, spaces and visible symbols."]

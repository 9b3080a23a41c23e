"""API keys through the JSON API: people make and end them, no key does."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from opencode.lib.clock import utc_now
from tests.api.conftest import MakeProgram, Program, code_of
from tests.cast import Cast
from tests.support.audit import last_audited
from workspaces.access import key_access
from workspaces.models import APIKey

FromPage = Callable[[User], Program]
KEYS = "/workspaces/alpha/keys"
NEW = {"name": "laptop", "scopes": ["sync:read"], "expires_at": None}


def test_made_key_works_and_is_shown_once(cast: Cast, from_page: FromPage) -> None:
    page = from_page(cast.carol)
    response = page("POST", KEYS, NEW)
    made = response.json()
    assert response.status_code == 201
    assert response["Cache-Control"] == "no-store"
    assert key_access(made["secret"]).key_id == made["id"]
    assert made["secret"] not in page("GET", KEYS).content.decode()
    assert "secret" not in page.get(f"{KEYS}/{made['id']}")


def test_member_sees_their_own_keys_and_an_admin_all(cast: Cast, from_page: FromPage, with_key: MakeProgram) -> None:
    with_key(cast.carol, "sync:read")
    with_key(cast.alice, "sync:read")
    assert [key["person_id"] for key in from_page(cast.carol).get(KEYS)["items"]] == [cast.carol.pk]
    assert [key["person_id"] for key in from_page(cast.bob).get(KEYS)["items"]] == [cast.alice.pk, cast.carol.pk]


def test_revoked_key_says_so_and_opens_nothing(cast: Cast, from_page: FromPage, with_key: MakeProgram) -> None:
    program = with_key(cast.carol, "sync:read")
    key_id = program.get("/me")["key"]["id"]
    page = from_page(cast.carol)
    assert page("DELETE", f"{KEYS}/{key_id}").status_code == 204
    assert code_of(program("GET", "/me")) == (401, "credentials_invalid")
    assert page.get(f"{KEYS}/{key_id}")["state"] == "revoked"
    assert last_audited(cast.alpha)["actor"] == ("person", cast.carol.pk)


def test_member_can_neither_see_nor_end_another_person_s_key(
    cast: Cast, from_page: FromPage, with_key: MakeProgram
) -> None:
    key_id = with_key(cast.bob, "sync:read").get("/me")["key"]["id"]
    page = from_page(cast.carol)
    assert code_of(page("GET", f"{KEYS}/{key_id}")) == (404, "not_found")
    assert code_of(page("DELETE", f"{KEYS}/{key_id}")) == (404, "not_found")
    assert APIKey.objects.get(pk=key_id).revoked_at is None


def test_key_of_another_workspace_is_not_found_under_this_one(
    cast: Cast, from_page: FromPage, with_key: MakeProgram
) -> None:
    key_id = with_key(cast.charlie, "sync:read", workspace=cast.gamma).get("/me")["key"]["id"]
    assert code_of(from_page(cast.alice)("DELETE", f"{KEYS}/{key_id}")) == (404, "not_found")
    assert APIKey.objects.get(pk=key_id).revoked_at is None


def test_service_key_is_made_by_admins_only(cast: Cast, from_page: FromPage) -> None:
    service = {**NEW, "is_service_key": True}
    assert code_of(from_page(cast.carol)("POST", KEYS, service)) == (403, "forbidden")
    assert from_page(cast.bob)("POST", KEYS, service).json()["person_id"] is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes.0"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2030-01-01T00:00:00"}, "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59Z"}, "expires_at"),
        ({"user_id": "usr_other"}, "user_id"),
    ],
)
def test_field_is_refused_by_name(cast: Cast, from_page: FromPage, change: dict[str, Any], field: str) -> None:
    response = from_page(cast.carol)("POST", KEYS, {**NEW, **change})
    assert code_of(response) == (422, "fields_invalid")
    assert set(response.json()["error"]["fields"]) == {field}
    assert not APIKey.objects.exists()


def test_key_ends_when_it_was_told_to(cast: Cast, from_page: FromPage) -> None:
    ends = (utc_now() + timedelta(days=2)).isoformat()
    made = from_page(cast.carol)("POST", KEYS, {**NEW, "expires_at": ends}).json()
    APIKey.objects.filter(pk=made["id"]).update(expires_at=utc_now() - timedelta(seconds=1))
    assert from_page(cast.carol).get(f"{KEYS}/{made['id']}")["state"] == "expired"


def test_rotated_key_is_followed_by_one_that_works(cast: Cast, from_page: FromPage, with_key: MakeProgram) -> None:
    program, page = with_key(cast.carol, "sync:read"), from_page(cast.carol)
    old_id = program.get("/me")["key"]["id"]
    response = page("POST", f"{KEYS}/{old_id}/rotations", {"overlap_hours": 1})
    following = response.json()
    assert (response.status_code, response["Cache-Control"]) == (201, "no-store")
    assert key_access(following["secret"]).key_id == following["id"] != old_id
    assert following["scopes"] == ["sync:read"]
    assert program.get("/me")["key"]["id"] == old_id
    assert page.get(f"{KEYS}/{old_id}")["expires_at"] is not None
    again = page("POST", f"{KEYS}/{old_id}/rotations", {"overlap_hours": 1})
    assert code_of(again) == (409, "key_ended")


def test_rotation_without_overlap_ends_the_old_key_at_once(
    cast: Cast, from_page: FromPage, with_key: MakeProgram
) -> None:
    program = with_key(cast.carol, "sync:read")
    path = f"{KEYS}/{program.get('/me')['key']['id']}/rotations"
    made = [from_page(cast.carol)("POST", path, {"overlap_hours": 0}, Idempotency_Key="once") for _ in range(2)]
    assert made[0].json()["secret"] == made[1].json()["secret"]
    assert code_of(program("GET", "/me")) == (401, "credentials_invalid")


def test_overlap_that_is_not_offered_is_refused(cast: Cast, from_page: FromPage, with_key: MakeProgram) -> None:
    key_id = with_key(cast.carol, "sync:read").get("/me")["key"]["id"]
    refused = from_page(cast.carol)("POST", f"{KEYS}/{key_id}/rotations", {"overlap_hours": 2})
    assert set(refused.json()["error"]["fields"]) == {"overlap_hours"}
    assert APIKey.objects.count() == 1


def test_admin_rotates_no_key_that_acts_as_somebody_else(
    cast: Cast, from_page: FromPage, with_key: MakeProgram
) -> None:
    key_id = with_key(cast.carol, "sync:read").get("/me")["key"]["id"]
    refused = from_page(cast.alice)("POST", f"{KEYS}/{key_id}/rotations", {"overlap_hours": 0})
    assert code_of(refused) == (403, "forbidden")
    assert APIKey.objects.count() == 1


def test_monthly_limit_is_set_and_taken_away_by_admins(cast: Cast, from_page: FromPage, with_key: MakeProgram) -> None:
    path = f"{KEYS}/{with_key(cast.carol, 'sync:read').get('/me')['key']['id']}"
    page = from_page(cast.bob)
    assert page("PATCH", path, {"monthly_limit_micro_cents": 500}).json()["monthly_limit_micro_cents"] == 500
    assert last_audited(cast.alpha)["action"] == "key.limit"
    assert code_of(from_page(cast.carol)("PATCH", path, {"monthly_limit_micro_cents": None})) == (403, "forbidden")
    assert page.get(path)["monthly_limit_micro_cents"] == 500
    assert page("PATCH", path, {"monthly_limit_micro_cents": None}).json()["monthly_limit_micro_cents"] is None
    assert code_of(page("PATCH", path, {})) == (422, "fields_invalid")

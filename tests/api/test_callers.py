"""Who may call the JSON API, and as whom."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Device, User
from opencode.lib.clock import utc_now
from tests.api.conftest import MakeProgram, Program, code_of
from tests.cast import Cast
from tests.support.devices import device_of

FromPage = Callable[[User], Program]


def test_person_learns_who_they_are(cast: Cast, from_page: FromPage) -> None:
    me = from_page(cast.carol).get("/me")
    assert (me["kind"], me["person"]["email"], me["key"]) == ("person", "carol@example.com", None)


def test_key_learns_what_it_is(cast: Cast, with_key: MakeProgram) -> None:
    me = with_key(cast.carol, "sync:read").get("/me")
    assert (me["kind"], me["person"]) == ("key", None)
    assert me["key"]["person_id"] == cast.carol.pk
    assert me["key"]["workspace_id"] == cast.alpha.pk
    assert me["key"]["scopes"] == ["sync:read"]


def test_stranger_is_told_to_bring_credentials(stranger: Program) -> None:
    assert code_of(stranger("GET", "/me")) == (401, "credentials_missing")
    assert code_of(stranger("POST", "/workspaces", {"name": "x"})) == (401, "credentials_missing")


@pytest.mark.parametrize(
    "header", ["Bearer oc_live_nonsense", "Bearer ", "Bearer", "Basic YTpi", "Token x", "bearer x y"]
)
def test_header_that_opens_nothing_is_refused_whatever_cookie_comes_with_it(
    cast: Cast, from_page: FromPage, header: str
) -> None:
    page = from_page(cast.alice)
    assert code_of(page("GET", "/me", Authorization=header)) == (401, "credentials_invalid")


def test_cookie_of_a_foreign_page_changes_nothing(cast: Cast, from_page: FromPage) -> None:
    page = from_page(cast.alice)
    assert code_of(Program(page.client, {})("POST", "/workspaces", {"name": "x"})) == (403, "csrf_failed")
    assert code_of(page("POST", "/workspaces", {"name": "x"}, Origin="https://evil.example")) == (403, "csrf_failed")
    assert [one["slug"] for one in page.get("/workspaces")["items"]] == ["alpha"]


FORMS = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=x"]


@pytest.mark.parametrize("kind", FORMS)
def test_form_of_any_page_changes_nothing(cast: Cast, from_page: FromPage, kind: str) -> None:
    client = from_page(cast.alice).client
    response = client.post("/api/v1/workspaces", b'{"name": "x"}', content_type=kind, headers={"Idempotency-Key": "a"})
    assert code_of(response) == (415, "content_type_unsupported")


def test_suspended_person_is_nobody(cast: Cast, from_page: FromPage, with_key: MakeProgram) -> None:
    page, program = from_page(cast.carol), with_key(cast.carol, "sync:read")
    User.objects.filter(pk=cast.carol.pk).update(is_active=False)
    assert code_of(page("GET", "/me")) == (401, "credentials_missing")
    assert code_of(program("GET", "/me")) == (401, "credentials_invalid")


def test_key_is_refused_where_a_person_is_needed(cast: Cast, with_key: MakeProgram) -> None:
    program = with_key(cast.alice, "sync:read", "sync:write", "workspace:read")
    assert code_of(program("POST", "/workspaces", {"name": "x"})) == (403, "person_needed")
    assert code_of(program("GET", "/workspaces/alpha/keys")) == (403, "person_needed")
    assert code_of(program("PATCH", "/workspaces/alpha", {"name": "x"})) == (403, "person_needed")


def test_key_without_the_scope_is_told_which_one(cast: Cast, with_key: MakeProgram) -> None:
    response = with_key(cast.alice, "sync:read")("GET", "/workspaces/alpha")
    assert code_of(response) == (403, "scope_missing")
    assert "workspace:read" in response.json()["error"]["message"]


def test_key_knows_no_other_workspace(cast: Cast, with_key: MakeProgram) -> None:
    program = with_key(cast.charlie, "workspace:read", workspace=cast.gamma)
    assert code_of(program("GET", "/workspaces/alpha")) == (404, "not_found")
    assert code_of(program("GET", f"/workspaces/{cast.alpha.pk}")) == (404, "not_found")
    assert program.get("/workspaces/gamma")["id"] == cast.gamma.pk


def test_agent_calls_as_its_person_where_a_key_could(cast: Cast) -> None:
    agent = device_of(cast.carol)
    program = Program(Client(), agent.bearer)
    me = program.get("/me")
    assert (me["kind"], me["person"]["id"], me["device_id"]) == ("device", cast.carol.pk, agent.id)
    assert [one["role"] for one in program.get("/workspaces")["items"]] == ["member"]
    assert program.get("/workspaces/alpha/sessions")["items"] == []
    assert code_of(program("GET", "/workspaces/gamma/sessions")) == (404, "not_found")


def test_agent_hands_out_no_rights_and_takes_none(cast: Cast) -> None:
    program = Program(Client(), device_of(cast.alice).bearer)
    new = {"name": "k", "scopes": ["sync:read"], "expires_at": None}
    assert code_of(program("POST", "/workspaces/alpha/keys", new)) == (403, "person_needed")
    assert code_of(program("POST", "/workspaces", {"name": "x"})) == (403, "person_needed")
    assert code_of(program("PATCH", "/workspaces/alpha", {"name": "x"})) == (403, "person_needed")


def test_agent_that_was_signed_out_is_nobody(cast: Cast) -> None:
    agent = device_of(cast.carol)
    Device.objects.filter(pk=agent.id).update(revoked_at=utc_now())
    assert code_of(Program(Client(), agent.bearer)("GET", "/me")) == (401, "credentials_invalid")

"""Sessions and their links through the JSON API."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from sync.live.publishing import session_publish_sync
from sync.models import DeletionReceipt, Session, Share
from sync.protocol.updates import Update
from tests.api.conftest import MakeProgram, Program, code_of
from tests.cast import Cast
from tests.support.audit import last_audited

FromPage = Callable[[User], Program]
SESSIONS = "/workspaces/alpha/sessions"
SHARES = f"{SESSIONS}/ses_one/shares"
INFO = '{"id":"ses_one","title":"Fix the build","time":{"created":1,"updated":1}}'


@pytest.fixture
def session(cast: Cast) -> Session:
    row = Session.objects.create(client_id="ses_one", owner_key=cast.alpha.pk, workspace=cast.alpha, cost=2_200)
    session_publish_sync(session_id=row.pk, updates=[Update("session/info/ses_one", INFO)])
    return row


def ids(listed: dict[str, Any]) -> list[str]:
    return [one["id"] for one in listed["items"]]


def test_key_with_either_sync_scope_reads_sessions(cast: Cast, session: Session, with_key: MakeProgram) -> None:
    assert ids(with_key(cast.carol, "sync:read").get(SESSIONS)) == ["ses_one"]
    found = with_key(cast.carol, "sync:write").get(f"{SESSIONS}/ses_one")
    assert (found["title"], found["seq"], found["cost_micro_cents"]) == ("Fix the build", 1, 2_200)
    assert found["created_at"].endswith("Z")


def test_key_without_one_reads_none(cast: Cast, session: Session, with_key: MakeProgram) -> None:
    program = with_key(cast.carol, "workspace:read")
    assert code_of(program("GET", SESSIONS)) == (403, "scope_missing")
    assert code_of(program("GET", SHARES)) == (403, "scope_missing")


def test_sessions_are_walked_by_the_next_link_and_searched(cast: Cast, session: Session, from_page: FromPage) -> None:
    for number in range(4):
        Session.objects.create(client_id=f"ses_{number}", owner_key=cast.alpha.pk, workspace=cast.alpha, title="Other")
    page = from_page(cast.carol)
    seen, path = [], f"{SESSIONS}?limit=2&search="
    for _ in range(3):
        listed = page.get(path)
        seen += ids(listed)
        path = SESSIONS + (listed["next"] or "").partition("/sessions")[2]
    assert seen == ["ses_3", "ses_2", "ses_1", "ses_0", "ses_one"]
    assert listed["next"] is None
    assert ids(page.get(f"{SESSIONS}?search=BUILD")) == ["ses_one"]


def test_cursor_nobody_handed_out_is_refused(cast: Cast, session: Session, from_page: FromPage) -> None:
    for path in (f"{SESSIONS}?after=nonsense", f"{SHARES}?after=1.'"):
        response = from_page(cast.carol)("GET", path)
        assert code_of(response) == (422, "fields_invalid")
        assert set(response.json()["error"]["fields"]) == {"after"}


def test_session_is_not_found_under_another_workspace(cast: Cast, session: Session, from_page: FromPage) -> None:
    assert code_of(from_page(cast.charlie)("GET", "/workspaces/gamma/sessions/ses_one")) == (404, "not_found")
    assert code_of(from_page(cast.charlie)("GET", f"{SESSIONS}/ses_one")) == (404, "not_found")


def test_admin_deletes_a_session_and_gets_its_receipt(cast: Cast, session: Session, from_page: FromPage) -> None:
    response = from_page(cast.bob)("DELETE", f"{SESSIONS}/ses_one")
    assert response.status_code == 200
    assert response.json()["id"] == DeletionReceipt.objects.get().pk
    assert not Session.objects.exists()


def test_member_and_key_delete_no_session(
    cast: Cast, session: Session, from_page: FromPage, with_key: MakeProgram
) -> None:
    assert code_of(from_page(cast.carol)("DELETE", f"{SESSIONS}/ses_one")) == (403, "forbidden")
    program = with_key(cast.alice, "sync:write")
    assert code_of(program("DELETE", f"{SESSIONS}/ses_one")) == (403, "person_needed")


def test_link_is_made_listed_and_ended(cast: Cast, session: Session, from_page: FromPage) -> None:
    page = from_page(cast.carol)
    made = page("POST", SHARES, {}).json()
    assert made["created_by"] == {"id": cast.carol.pk, "name": "Carol"}
    assert page.client.get(made["url"].partition("8000")[2]).status_code == 200
    assert page("DELETE", f"{SHARES}/{made['id']}").status_code == 204
    assert [(one["id"], one["state"]) for one in page.get(SHARES)["items"]] == [(made["id"], "ended")]


def test_links_are_walked_by_the_next_link(cast: Cast, session: Session, from_page: FromPage) -> None:
    page = from_page(cast.carol)
    made = [page("POST", SHARES, {}).json()["id"] for _ in range(3)]
    first = page.get(f"{SHARES}?limit=2")
    second = page.get(SHARES + first["next"].partition("/shares")[2])
    assert ids(first) + ids(second) == made[::-1]


def test_service_key_to_write_makes_and_ends_links(cast: Cast, session: Session, with_key: MakeProgram) -> None:
    program = with_key(cast.bob, "sync:write", is_service_key=True)
    made = program("POST", SHARES, {"visibility": "public"}).json()
    assert (made["created_by"], made["visibility"]) == (None, "public")
    assert last_audited(cast.alpha)["actor"][0] == "key"
    assert program("DELETE", f"{SHARES}/{made['id']}").status_code == 204
    assert Share.objects.get().revoked_at is not None


def test_key_to_read_makes_no_link(cast: Cast, session: Session, with_key: MakeProgram) -> None:
    assert code_of(with_key(cast.alice, "sync:read")("POST", SHARES, {})) == (403, "scope_missing")


def test_link_of_another_session_is_not_ended_through_this_one(
    cast: Cast, session: Session, from_page: FromPage
) -> None:
    other = Session.objects.create(client_id="ses_two", owner_key=cast.gamma.pk, workspace=cast.gamma)
    share = Share.objects.create(session=other, secret_version=1)
    assert code_of(from_page(cast.alice)("DELETE", f"{SHARES}/{share.pk}")) == (404, "not_found")
    assert Share.objects.get().revoked_at is None


def test_a_link_masks_secrets_until_somebody_says_otherwise(
    cast: Cast, session: Session, with_key: MakeProgram
) -> None:
    program = with_key(cast.carol, "sync:write")
    made = program("POST", SHARES, {}).json()
    assert made["masks_secrets"] is True
    shown = program("PATCH", f"{SHARES}/{made['id']}", {"masks_secrets": False}).json()
    assert (shown["id"], shown["masks_secrets"]) == (made["id"], False)
    assert last_audited(cast.alpha)["action"] == "session.unmask"
    assert program.get(SHARES)["items"][0]["masks_secrets"] is False
    assert code_of(program("PATCH", f"{SHARES}/{made['id']}", {})) == (422, "fields_invalid")
    assert code_of(program("PATCH", f"{SHARES}/elsewhere", {"masks_secrets": True})) == (404, "not_found")

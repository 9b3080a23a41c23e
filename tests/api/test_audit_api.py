"""The audit log through the JSON API."""

from collections.abc import Callable

from accounts.models import User
from tests.api.conftest import Program, code_of
from tests.cast import Cast

FromPage = Callable[[User], Program]
AUDIT = "/workspaces/alpha/audit"
NEW = {"name": "laptop", "scopes": ["sync:read"], "expires_at": None}


def test_act_through_the_api_is_in_the_log_with_who_and_from_where(cast: Cast, from_page: FromPage) -> None:
    made = from_page(cast.carol)("POST", "/workspaces/alpha/keys", NEW)
    entry = from_page(cast.alice).get(f"{AUDIT}?action=key.create")["items"][0]
    assert (entry["actor_kind"], entry["actor_id"]) == ("person", cast.carol.pk)
    assert (entry["target_id"], entry["ip"]) == (made.json()["id"], "127.0.0.1")
    assert entry["request_id"] == made["X-Request-Id"]
    assert entry["details"]["scopes"] == ["sync:read"]


def test_log_is_walked_to_its_beginning(cast: Cast, from_page: FromPage) -> None:
    page = from_page(cast.alice)
    path, seen = f"{AUDIT}?limit=1", []
    while path != AUDIT:
        listed = page.get(path)
        seen += [one["seq"] for one in listed["items"]]
        path = AUDIT + (listed["next"] or "").partition("/audit")[2]
    assert seen == list(range(len(seen), 0, -1))
    assert len(seen) >= 3


def test_log_is_filtered_by_actor_and_time(cast: Cast, from_page: FromPage) -> None:
    from_page(cast.carol)("POST", "/workspaces/alpha/keys", NEW)
    page = from_page(cast.alice)
    assert [one["action"] for one in page.get(f"{AUDIT}?actor=carol")["items"]] == ["key.create"]
    assert page.get(f"{AUDIT}?until=2020-01-01T00:00:00Z")["items"] == []


def test_cursor_or_time_that_is_none_is_refused_by_name(cast: Cast, from_page: FromPage) -> None:
    page = from_page(cast.alice)
    for query, field in (
        ("after=x", "after"),
        ("since=yesterday", "since"),
        ("until=2020-01-01T00:00:00", "until"),
        ("until=9999-12-31T23:59:59-12:00", "until"),
        ("since=0001-01-01T00:00:00%2B14:00", "since"),
    ):
        refused = page("GET", f"{AUDIT}?{query}")
        assert code_of(refused) == (422, "fields_invalid")
        assert set(refused.json()["error"]["fields"]) == {field}

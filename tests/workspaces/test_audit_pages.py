"""The audit page: who may see it, what it shows, filters, pages, and the CSV."""

import csv
import io
import re
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, transaction
from django.http import StreamingHttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from opencode.lib import paging
from opencode.lib.actor import KEY, PERSON, STAFF, THE_CONSOLE, Actor
from sync.models import Session
from tests.cast import Cast, SignIn, browser
from tests.support.audit import audited
from tests.workspaces.conftest import MakeKey
from workspaces.models import AuditEntry
from workspaces.services.audit import audit_record

PAGE = "/workspaces/alpha/audit/"


def record(
    cast: Cast, actor: Actor = THE_CONSOLE, action: str = "member.role", target: str = "", **details: Any
) -> AuditEntry:
    with transaction.atomic():
        return audit_record(workspace_id=cast.alpha.pk, actor=actor, action=action, target_id=target, details=details)


def page(client: Client, query: str = "") -> str:
    answer = client.get(PAGE + query)
    assert answer.status_code == 200
    return answer.content.decode()


def exported(client: Client, query: str = "") -> list[dict[str, str]]:
    answer = client.post(reverse("workspaces:audit_csv", args=["alpha"]) + query)
    assert isinstance(answer, StreamingHttpResponse)
    return list(csv.DictReader(io.StringIO(async_to_sync(whole)(answer))))


async def whole(answer: StreamingHttpResponse) -> str:
    return b"".join([piece async for piece in answer]).decode()


def test_entries_show_who_did_what_to_whom(cast: Cast, sign_in: SignIn) -> None:
    record(cast, Actor(PERSON, cast.bob.pk, "192.0.2.7"), "member.remove", cast.carol.pk)
    shown = page(sign_in(cast.alice))
    assert all(words in shown for words in ("Bob", "removed a member", "Carol", "192.0.2.7"))


def test_an_erased_person_is_shown_as_one(cast: Cast, sign_in: SignIn) -> None:
    record(cast, Actor(PERSON, "usr_01ERASED"))
    assert "an erased person" in page(sign_in(cast.alice))


def test_support_staff_is_shown_as_staff_without_a_name(cast: Cast, sign_in: SignIn) -> None:
    record(cast, Actor(STAFF, cast.charlie.pk))
    shown = page(sign_in(cast.alice))
    assert ("Support staff" in shown, "Charlie" in shown) == (True, False)


def test_a_key_is_shown_by_its_name(cast: Cast, sign_in: SignIn, make_key: MakeKey) -> None:
    key, _ = make_key(cast.carol, name="build-server")
    record(cast, Actor(KEY, key.pk), "session.share", "ses_1")
    assert page(sign_in(cast.bob)).count("build-server") == 2


def test_a_member_has_no_link_to_the_log(cast: Cast, sign_in: SignIn) -> None:
    links = [PAGE in sign_in(user).get("/workspaces/alpha/keys/").content.decode() for user in (cast.carol, cast.bob)]
    assert links == [False, True]


FILTERS = {
    "by name": "?actor=BOB",
    "by address": "?actor=bob@example",
    "by action": "?action=member.remove",
    "by target's name": "?target=carol",
    "by day": "?since=2020-01-01&until=2099-12-31&action=member.remove",
}


@pytest.mark.parametrize("query", FILTERS.values(), ids=list(FILTERS))
def test_filters_find_the_act_and_nothing_else(cast: Cast, sign_in: SignIn, query: str) -> None:
    record(cast, Actor(PERSON, cast.bob.pk), "member.remove", cast.carol.pk, mark="wanted")
    record(cast, Actor(PERSON, cast.alice.pk), "member.role", cast.bob.pk, mark="other")
    shown = page(sign_in(cast.alice), query)
    assert ("wanted" in shown, "mark other" in shown) == (True, False)


@pytest.mark.parametrize("query", ["?since=2099-01-01", "?until=2020-01-01", "?actor=nobody"])
def test_a_filter_that_finds_nothing_says_so(cast: Cast, sign_in: SignIn, query: str) -> None:
    assert "No entries match" in page(sign_in(cast.alice), query)


def test_staff_and_console_are_words_of_the_filter(cast: Cast, sign_in: SignIn) -> None:
    record(cast, Actor(STAFF, cast.charlie.pk), mark="by-staff")
    record(cast, THE_CONSOLE, mark="by-console")
    client = sign_in(cast.alice)
    shown = [page(client, query) for query in ("?actor=staff", "?actor=console")]
    assert [("by-staff" in each, "by-console" in each) for each in shown] == [(True, False), (False, True)]


def test_a_filter_that_makes_no_sense_is_said_beside_its_field(cast: Cast, sign_in: SignIn) -> None:
    answer = sign_in(cast.alice).get(PAGE + "?since=yesterday&action=explode")
    assert (answer.status_code, answer.content.decode().count("errorlist")) == (422, 2)


def test_long_logs_are_paged_by_number_and_keep_the_filter(
    cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "PAGE_ROWS", 2)
    entries = [record(cast, action="key.limit", mark=f"mark-{number}") for number in range(3)]
    client = sign_in(cast.alice)
    first = page(client, "?action=key.limit")
    second = page(client, f"?action=key.limit&before={entries[1].seq}")
    assert f"?action=key.limit&amp;before={entries[1].seq}" in first
    assert [("mark-2" in each, "mark-0" in each) for each in (first, second)] == [(True, False), (False, True)]


def test_a_long_page_costs_as_many_queries_as_a_short_one(cast: Cast) -> None:
    client = browser(cast.alice)
    record(cast, Actor(PERSON, cast.bob.pk), target=cast.carol.pk)
    page(client)
    with CaptureQueriesContext(connection) as short:
        page(client)
    for user in (cast.alice, cast.bob, cast.carol) * 10:
        record(cast, Actor(PERSON, user.pk), target=user.pk)
    with CaptureQueriesContext(connection) as long:
        page(client)
    assert len(long) == len(short)


def test_the_csv_has_every_entry_of_the_filter(cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workspaces.services.auditexport.CHUNK_ROWS", 2)
    entries = [record(cast, Actor(PERSON, cast.bob.pk), "key.limit", cast.carol.pk) for _ in range(5)]
    rows = exported(sign_in(cast.alice), "?action=key.limit")
    assert [row["seq"] for row in rows] == [str(entry.seq) for entry in reversed(entries)]
    assert {(row["actor"], row["target"], row["hash"]) for row in rows[:1]} == {("Bob", "Carol", entries[-1].hash)}


def test_the_csv_holds_no_formula(cast: Cast, sign_in: SignIn, make_key: MakeKey) -> None:
    key, _ = make_key(cast.carol, name="=HYPERLINK(1)")
    record(cast, Actor(KEY, key.pk), "session.share", "@SUM(1)")
    row = exported(sign_in(cast.alice), "?action=session.share")[0]
    assert (row["actor"], row["target_id"]) == ("'=HYPERLINK(1)", "'@SUM(1)")


@pytest.mark.parametrize("name", ["x;=1+1", "x,=1+1", "x|@SUM(1)", "x; -1+1", "-1+1"])
def test_the_csv_holds_no_formula_for_programs_that_part_cells_otherwise(
    cast: Cast, sign_in: SignIn, make_key: MakeKey, name: str
) -> None:
    key, _ = make_key(cast.carol, name=name)
    record(cast, Actor(KEY, key.pk), "session.share", "x")
    row = exported(sign_in(cast.alice), "?action=session.share")[0]
    assert "'" in row["actor"]
    assert re.search(r"(^|[;,|])\s*[=+@-]", row["actor"]) is None


def test_the_last_day_there_is_filters_like_any_other(cast: Cast, sign_in: SignIn) -> None:
    assert sign_in(cast.alice).get(PAGE + "?since=0001-01-01&until=9999-12-31").status_code == 200
    assert exported(sign_in(cast.alice), "?until=9999-12-31")


def test_an_export_is_in_the_log_without_the_words_it_looked_for(cast: Cast, sign_in: SignIn) -> None:
    exported(sign_in(cast.bob), "?actor=carol&action=key.create")
    exported(sign_in(cast.bob), f"?target={cast.carol.pk}")
    exported(sign_in(cast.bob), "?target=carol")
    entry, by_id, by_name = audited(cast.alpha, "audit.export")
    assert by_id.details == f'{{"filter":{{"target":"{cast.carol.pk}"}}}}'
    assert by_name.details == '{"filter":{"target":"words"}}'
    assert (entry.actor_id, entry.details) == (cast.bob.pk, '{"filter":{"action":"key.create","actor":"words"}}')


def test_a_session_is_shown_by_its_title_and_found_by_its_id(cast: Cast, sign_in: SignIn) -> None:
    for workspace, client_id, title in (
        (cast.alpha, "ses_titled", "Fix the retry"),
        (cast.alpha, "ses_plain", ""),
        (cast.gamma, "ses_plain", "Of another"),
    ):
        Session.objects.create(workspace=workspace, owner_key=workspace.pk, client_id=client_id, title=title)
    for target in ("ses_titled", "ses_plain"):
        record(cast, action="session.share", target=target)
    shown = page(sign_in(cast.alice))
    assert '<a href="?target=ses_titled"><bdi>Fix the retry</bdi></a>' in shown
    assert "<bdi>ses_plain</bdi>" in shown
    assert "Of another" not in shown

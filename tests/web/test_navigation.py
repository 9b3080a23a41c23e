"""The sidebar: who sees which pages, and what is counted beside them."""

import re
from datetime import timedelta
from itertools import chain

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from opencode.lib.clock import utc_now
from opencode.lib.shown import COUNTED_MAX, capped_count
from opencode.web.navigation import ENTRIES, Link, navigation
from sync.models import Session
from tests.cast import Cast, SignIn
from tests.steering.test_pages import asked
from workspaces.access import workspace_access
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db
SETTINGS = "/workspaces/alpha/settings/"
FOR_ADMINS = {"billing", "audit"}


def links_of(user: User) -> dict[str, Link]:
    groups = navigation(workspace_access(user, "alpha"))
    return {link.entry.name: link for link in chain.from_iterable(links for _, links in groups)}


def counted(user: User) -> list[tuple[str, str]]:
    return [(count.number, count.words) for link in links_of(user).values() for count in link.counts]


def sessions(workspace: Workspace, count: int, **fields: object) -> list[Session]:
    rows = [
        Session(client_id=f"ses_{number}", workspace=workspace, owner_key=workspace.pk, **fields)
        for number in range(count)
    ]
    return Session.objects.bulk_create(rows)


def test_each_role_is_shown_the_pages_it_may_open_and_no_others(cast: Cast, sign_in: SignIn) -> None:
    names = {entry.name for entry in ENTRIES}
    urls = {name: link.url for name, link in links_of(cast.alice).items()}
    assert set(urls) == set(links_of(cast.bob)) == names
    assert set(links_of(cast.carol)) == names - FOR_ADMINS

    def statuses(client: Client) -> dict[str, int]:
        return {name: client.get(url).status_code for name, url in urls.items()}

    assert statuses(sign_in(cast.alice)) == dict.fromkeys(names, 200)
    assert statuses(sign_in(cast.carol)) == {name: 403 if name in FOR_ADMINS else 200 for name in names}


def test_every_page_marks_its_own_entry(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.alice)
    for link in links_of(cast.alice).values():
        marked = re.findall(
            r'class="nav-link" href="([^"]+)"[^>]* aria-current="page"', client.get(link.url).content.decode()
        )
        assert marked == [link.url]


def test_sidebar_counts_what_runs_and_what_waits_here(cast: Cast, sign_in: SignIn) -> None:
    assert counted(cast.alice) == []
    running, *_ = sessions(cast.alpha, 2, is_running=True)
    Session.objects.create(client_id="ses_done", workspace=cast.alpha, owner_key=cast.alpha.pk)
    hours_ago = utc_now() - timedelta(hours=3)
    Session.objects.create(
        client_id="ses_lost", workspace=cast.alpha, owner_key=cast.alpha.pk, is_running=True, last_activity_at=hours_ago
    )
    sessions(cast.gamma, 3, is_running=True)
    asked(cast, running)
    asked(cast, running, is_open=False)
    # Carol's own agent waits in a session that is not published: nobody else is told.
    asked(cast)
    assert counted(cast.alice) == [("2", "running"), ("1", "waiting")]
    assert counted(cast.carol) == [("2", "running"), ("2", "waiting"), ("2", "for you in all workspaces")]
    html = sign_in(cast.alice).get(SETTINGS).content.decode()
    assert '>2 <span class="visually-hidden">running</span>' in html


def test_all_counts_are_one_statement_that_stops_counting(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    sessions(cast.alpha, COUNTED_MAX + 5, is_running=True)
    access = workspace_access(cast.alice, "alpha")
    with django_assert_num_queries(1) as asked_for:
        navigation(access)
    assert asked_for[0]["sql"].count(f"LIMIT {COUNTED_MAX + 1}") == 3
    assert counted(cast.alice) == [("1,000+", "running")]


@pytest.mark.parametrize(("count", "words"), [(0, "0"), (313, "313"), (1000, "1,000"), (1001, "1,000+")])
def test_counts_stop_where_nobody_needs_the_rest(count: int, words: str) -> None:
    assert capped_count(count) == words

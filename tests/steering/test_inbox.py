"""The inbox: what waits for a person in all of their workspaces, answered in place, and what has ended lately."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from steering.models import AgentProcess, Ask, Command, Machine, SteeringPolicy
from steering.pages.inbox import SHOWN_ASKS
from sync.models import Session
from tests.cast import Cast, SignIn
from tests.steering.test_pages import asked, text_of
from tests.support.steering import show_factors
from workspaces.models import Membership, Role
from workspaces.services.memberships import membership_add

pytestmark = pytest.mark.django_db
INBOX = "/workspaces/alpha/inbox/"


def minutes_ago(minutes: int) -> Any:
    return utc_now() - timedelta(minutes=minutes)


@pytest.fixture
def carol(cast: Cast, sign_in: SignIn) -> Client:
    """Carol's browser after a second factor; her machine and alpha allow decisions, and she is in gamma too."""
    membership_add(workspace=cast.gamma, user=cast.carol, role=Role.MEMBER, actor=THE_CONSOLE)
    SteeringPolicy.objects.create(workspace=cast.alpha, ceiling="approve")
    Authenticator.objects.create(user=cast.carol, type="totp", data={})
    client = sign_in(cast.carol)
    show_factors(client, cast.carol, [("totp", 0)])
    return client


def deciding(cast: Cast, **more: Any) -> Ask:
    """An ask of carol's that she may decide."""
    ask = asked(cast, digest="0" * 64, **more)
    Machine.objects.update(mode="approve")
    AgentProcess.objects.update(last_seen_at=utc_now())
    return ask


def test_what_waits_is_listed_oldest_first_across_workspaces(cast: Cast, carol: Client, sign_in: SignIn) -> None:
    newer, older = asked(cast, asked_at=minutes_ago(1)), asked(cast, asked_at=minutes_ago(9))
    elsewhere = asked(cast, asked_at=minutes_ago(5))
    Ask.objects.filter(pk=elsewhere.pk).update(workspace=cast.gamma)
    asked(cast, is_open=False, state="once")
    page = text_of(carol, INBOX)
    places = [page.index(f'id="{ask.pk}"') for ask in (older, elsewhere, newer)]
    assert places == sorted(places)
    assert (page.count("data-ask"), page.count("rm -rf build") >= 3) == (3, True)
    assert "Nothing waits for you" in text_of(sign_in(cast.bob), INBOX)


def test_nothing_is_shown_of_a_workspace_that_was_left(cast: Cast, carol: Client) -> None:
    ask = asked(cast)
    Ask.objects.filter(pk=ask.pk).update(workspace=cast.gamma)
    Membership.objects.filter(user=cast.carol, workspace=cast.gamma).delete()
    assert "Nothing waits for you" in text_of(carol, INBOX)


def test_decision_made_in_the_inbox_leads_back_to_it(cast: Cast, carol: Client) -> None:
    ask = deciding(cast)
    assert "Allow once" in text_of(carol, INBOX)
    posted = {"op": "reject", "digest": ask.digest, "words": "not now", "back": "alpha"}
    answer = carol.post(f"/asks/{ask.pk}/", posted)
    assert answer["Location"] == INBOX
    page = text_of(carol, f"{INBOX}?part")
    assert ("data-under-way" in page, "Allow once" in page, "<html" in page) == (True, False, False)
    assert Command.objects.get().decoded_payload == {"message": "not now"}


def test_decision_leads_nowhere_but_into_the_console(cast: Cast, carol: Client) -> None:
    ask = deciding(cast)
    answer = carol.post(f"/asks/{ask.pk}/", {"op": "allow", "digest": ask.digest, "back": "//elsewhere.example"})
    assert answer["Location"] == f"/asks/{ask.pk}/"


@pytest.mark.parametrize(
    ("mode", "ceiling", "words"),
    [
        ("watch", "approve", "This machine does not let its agents be steered"),
        ("approve", "off", "This workspace does not let agents be steered"),
    ],
)
def test_what_cannot_be_decided_says_why(cast: Cast, carol: Client, mode: str, ceiling: str, words: str) -> None:
    deciding(cast)
    Machine.objects.update(mode=mode)
    SteeringPolicy.objects.update(ceiling=ceiling)
    page = text_of(carol, INBOX)
    assert (words in page, "Allow once" in page) == (True, False)


def test_list_costs_as_many_statements_for_many_as_for_one(cast: Cast, carol: Client) -> None:
    deciding(cast)
    text_of(carol, INBOX)
    with CaptureQueriesContext(connection) as one:
        text_of(carol, INBOX)
    for _ in range(SHOWN_ASKS):
        deciding(cast)
    with CaptureQueriesContext(connection) as many:
        page = text_of(carol, INBOX)
    assert len(many) == len(one)
    assert (page.count("data-ask"), f"the oldest {SHOWN_ASKS} are shown" in page) == (SHOWN_ASKS, True)


def test_sessions_that_ended_in_the_last_day_are_listed(cast: Cast, carol: Client) -> None:
    made: dict[str, dict[str, Any]] = {
        "finished": {},
        "broken": {"has_failed": True},
        "still at it": {"is_running": True},
        "of last week": {"last_activity_at": utc_now() - timedelta(days=7)},
        "of bob": {"created_by": cast.bob},
    }
    for title, more in made.items():
        fields = {"created_by": cast.carol, "workspace": cast.alpha, "owner_key": cast.alpha.pk, "title": title, **more}
        Session.objects.create(client_id=f"ses_{title.replace(' ', '_')}", **fields)
    page = text_of(carol, INBOX)
    assert [title in page for title in made] == [True, True, False, False, False]
    assert page.index("Failed") < page.index("broken")


def test_inbox_leads_to_the_workspace_that_was_looked_at_last(carol: Client, cast: Cast, sign_in: SignIn) -> None:
    carol.get("/workspaces/gamma/sessions/")
    assert carol.get("/inbox/")["Location"] == "/workspaces/gamma/inbox/"
    Membership.objects.filter(user=cast.bob).delete()
    assert sign_in(cast.bob).get("/inbox/").status_code == 404

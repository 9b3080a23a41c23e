"""The Overview: what waits, runs and failed, what it costs, what ends soon, what is left to set up."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from billing.models import BillingAccount, UsageRollup
from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import microseconds_of, utc_now
from sync.models import Session, SessionEntry
from sync.sharing import share_link_create
from tests.cast import Cast, SignIn, acting
from tests.steering.test_pages import asked
from workspaces.models import ConfigVersion, Workspace
from workspaces.services.api_keys import api_key_create
from workspaces.services.invitations import invitation_create

pytestmark = pytest.mark.django_db
PAGE = "/workspaces/alpha/"
NOW = "/workspaces/alpha/now"
MAX_QUERIES = 22
MAX_BYTES = 60_000
DOLLAR = 100_000_000
MakeSession = Callable[..., Session]


@pytest.fixture
def make_session(cast: Cast) -> MakeSession:
    """`make_session("title", part={…})` is alpha's session of that title, whose newest part is the given one."""

    def make(title: str, workspace: Workspace = cast.alpha, part: Any = None, **fields: Any) -> Session:
        client_id = f"ses_{Session.objects.count()}"
        session = Session.objects.create(
            client_id=client_id, title=title, workspace=workspace, owner_key=workspace.pk, **fields
        )
        content = json.dumps(part)
        key = f"session/part/{client_id}/msg_1/prt_1"
        SessionEntry.objects.create(session=session, key=key, seq=1, content=content, size=len(content))
        return session

    return make


def call(command: str, seconds: int = 42) -> dict[str, Any]:
    """A part: a command that has run for some seconds."""
    started = microseconds_of(utc_now() - timedelta(seconds=seconds)) // 1000
    return {
        "type": "tool",
        "tool": "bash",
        "state": {"status": "running", "input": {"command": command}, "time": {"start": started}},
    }


def html_of(client: Client, path: str = PAGE) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def section(html: str, name: str) -> str:
    """The part of the page under this heading, as text; empty when there is none."""
    found = re.search(rf'<section[^>]* aria-labelledby="{name}">(.*?)</section>', html, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split()).replace(" ,", ",") if found else ""


def test_running_agents_show_what_they_do_and_for_how_long(
    cast: Cast, sign_in: SignIn, make_session: MakeSession
) -> None:
    silent = utc_now() - timedelta(minutes=5)
    make_session("Fix the upload", part=call("pytest -q"), is_running=True, created_by=cast.bob, cost=DOLLAR)
    make_session("Long build", part=call("make"), is_running=True, has_open_tool=True, last_activity_at=silent)
    make_session("Finished")
    make_session("Of others", workspace=cast.gamma, is_running=True)
    shown = section(html_of(sign_in(cast.carol)), "runs")
    assert re.search(r"Fix the upload running bash pytest -q · 0:4\d Bob \$1\.00", shown)
    assert re.search(r"Long build quiet bash make · 0:4\d Unknown", shown)
    assert "Finished" not in shown
    assert "Of others" not in shown


def test_page_says_what_waits_and_for_whom(cast: Cast, sign_in: SignIn, make_session: MakeSession) -> None:
    asked(cast, make_session("Clean up"))
    asked(cast, content=json.dumps({"questions": [{"question": "Which database?"}]}), kind="question")
    asked(cast, content='{"permission": 3, "patterns": "x", "metadata": []}')
    hers, his = (section(html_of(sign_in(user)), "waits") for user in (cast.carol, cast.bob))
    assert "bash For you rm -rf build Carol on laptop, in Clean up" in hers
    assert "question For you Which database?" in hers
    assert "permission For you Carol on laptop" in hers
    assert "bash rm -rf build Carol on laptop, in Clean up" in his
    assert "Which database?" not in his
    assert section(html_of(sign_in(cast.charlie), "/workspaces/gamma/"), "waits") == ""


def test_page_says_what_failed_or_was_lost_lately(cast: Cast, sign_in: SignIn, make_session: MakeSession) -> None:
    now = utc_now()
    make_session("Went wrong", has_failed=True, last_activity_at=now - timedelta(hours=1))
    make_session("Went silent", is_running=True, last_activity_at=now - timedelta(days=2))
    make_session("Long ago", has_failed=True, last_activity_at=now - timedelta(days=9))
    shown = section(html_of(sign_in(cast.alice)), "failed")
    assert "Went wrong failed Unknown 1 h ago Went silent lost Unknown 2 d ago" in shown
    assert "Long ago" not in shown


def rollup(cast: Cast, days_ago: int, cost: int, source: str = "metered", **fields: str) -> None:
    account = BillingAccount.objects.get(workspace=cast.alpha)
    given = {"model": "claude", "member_id": cast.bob.pk, **fields}
    day = utc_now().date() - timedelta(days=days_ago)
    UsageRollup.objects.create(account=account, day=day, source=source, requests=1, cost=cost * DOLLAR, **given)


def test_cost_is_summed_by_period_and_model_against_the_budget(cast: Cast, sign_in: SignIn) -> None:
    BillingAccount.objects.filter(workspace=cast.alpha).update(monthly_limit=100 * DOLLAR)
    for days_ago, cost in ((0, 1), (6, 2), (7, 4), (29, 8), (30, 16)):
        rollup(cast, days_ago, cost)
    rollup(cast, 3, 32, model="gpt", member_id=cast.carol.pk)
    rollup(cast, 0, 500, source="reported")
    shown = section(html_of(sign_in(cast.alice)), "cost")
    assert "Today $1.00 7 days $35.00 30 days $47.00" in shown
    assert "budget of $100.00" in shown
    assert "gpt $0.00 $32.00 $32.00" in shown
    assert "claude $1.00 $3.00 $15.00" in shown
    hers = section(html_of(sign_in(cast.carol)), "cost")
    assert "Your cost Today $0.00 7 days $32.00 30 days $32.00" in hers
    assert "budget" not in hers


def test_reported_cost_stands_in_where_nothing_is_metered(cast: Cast, sign_in: SignIn) -> None:
    assert "Nothing was used in 30 days." in section(html_of(sign_in(cast.alice)), "cost")
    rollup(cast, 1, 5, source="reported")
    shown = section(html_of(sign_in(cast.alice)), "cost")
    assert "7 days $5.00" in shown
    assert "nothing of it is billed here" in shown


def test_sessions_are_counted_by_the_day_of_their_last_activity(
    cast: Cast, sign_in: SignIn, make_session: MakeSession
) -> None:
    noon = utc_now().replace(hour=0, minute=0, second=0, microsecond=0)
    for days_ago in (0, 0, 3, 14):
        make_session("one", last_activity_at=noon - timedelta(days=days_ago))
    rows = re.findall(r"\w{3} \d+ \w{3} (\d+)", section(html_of(sign_in(cast.alice)), "days"))
    assert rows == ["2", "0", "0", "1", *["0"] * 10]


def test_keys_and_invitations_that_expire_soon_are_named(cast: Cast, sign_in: SignIn) -> None:
    soon, later = utc_now() + timedelta(days=3, hours=1), utc_now() + timedelta(days=60)
    for name, person, ends in (("build", cast.bob, soon), ("hers", cast.carol, soon), ("late", cast.bob, later)):
        api_key_create(
            workspace=cast.alpha, created_by=person, name=name, scopes=[], expires_at=ends, actor=THE_CONSOLE
        )
    invitation_create(workspace=cast.alpha, email="erin@example.com", role="member", actor=acting(cast.alice))
    alices, carols = (section(html_of(sign_in(user)), "soon") for user in (cast.alice, cast.carol))
    assert "build API key of Bob in 3 d" in alices
    assert "hers API key of Carol in 3 d" in alices
    assert "erin@example.com Invitation, not accepted yet in 6 d" in alices
    assert "late" not in alices
    assert carols == "Expires soon hers API key of Carol in 3 d"


def test_links_that_expire_within_two_days_are_named(cast: Cast, sign_in: SignIn, make_session: MakeSession) -> None:
    for title, days in (("soon", 1), ("later", 5)):
        ends = utc_now() + timedelta(days=days, hours=1)
        share_link_create(session=make_session(title), actor=acting(cast.alice), expires_at=ends)
    shown = section(html_of(sign_in(cast.carol)), "soon")
    assert shown == "Expires soon soon Link of Alice in 1 d"


def test_checklist_goes_once_everything_is_done(
    cast: Cast, sign_in: SignIn, make_session: MakeSession, settings: Any
) -> None:
    settings.MAIL_IS_QUEUED = False
    assert "2 of 5 done" in section(html_of(sign_in(cast.charlie), "/workspaces/gamma/"), "setup").replace(
        "0 of", "2 of"
    )
    fresh = section(html_of(sign_in(cast.alice)), "setup")
    assert "1 of 5 done" in fresh
    assert "Invite people, done" in fresh
    assert "0 of 2 done" in section(html_of(sign_in(cast.carol)), "setup")
    make_session("one")
    ConfigVersion.objects.create(workspace=cast.alpha, number=1, text="{}")
    Authenticator.objects.create(user=cast.alice, type=Authenticator.Type.TOTP, data={})
    assert "4 of 5 done" in section(html_of(sign_in(cast.alice)), "setup")
    settings.MAIL_IS_QUEUED = True
    assert section(html_of(sign_in(cast.alice)), "setup") == ""


def test_part_that_is_kept_up_to_date_is_sent_again_only_when_it_changed(
    cast: Cast, sign_in: SignIn, make_session: MakeSession
) -> None:
    session = make_session("one", part=call("make"), is_running=True)
    client = sign_in(cast.alice)
    first = client.get(NOW)
    known = {"If-None-Match": first["ETag"]}
    assert "<html" not in first.content.decode()
    assert (client.get(NOW, headers=known).status_code, client.get(NOW, headers=known).content) == (304, b"")
    Session.objects.filter(pk=session.pk).update(title="two")
    assert client.get(NOW, headers=known).status_code == 200


def test_what_agents_say_stays_text(cast: Cast, sign_in: SignIn, make_session: MakeSession) -> None:
    session = make_session("<img src=x>", part=call("<script>1</script>"), is_running=True)
    asked(cast, session, content=json.dumps({"permission": "<b>", "metadata": {"command": "<i>"}}))
    Session.objects.filter(pk=make_session("odd id").pk).update(client_id="with spaces", has_failed=True)
    make_session("odd time", part={"type": "text", "time": {"start": 2**52}}, is_running=True)
    html = html_of(sign_in(cast.carol))
    assert all(text not in html for text in ("<img", "<script>1", "<b>", "<i>"))
    assert "odd id" in section(html, "failed")
    assert "odd time running writing" in section(html, "runs")


@pytest.mark.parametrize("path", [PAGE, NOW])
def test_outsider_learns_nothing(cast: Cast, sign_in: SignIn, path: str) -> None:
    assert sign_in(cast.charlie).get(path).status_code == 404


def many(cast: Cast, make_session: MakeSession, people: list[User]) -> None:
    long = "long " * 50
    for number in range(20):
        session = make_session(long, part=call("x" * 500), is_running=True, created_by=people[number % 2], model=long)
        asked(cast, session, content=json.dumps({"permission": "bash", "metadata": {"command": "y" * 500}}))
        make_session(long, has_failed=True)
        make_session(long, is_running=True, last_activity_at=utc_now() - timedelta(days=2))
        rollup(cast, number, 1, model=f"a-model-with-a-long-name-{number}" * 3)


def test_full_page_is_small_and_asks_as_little_as_an_empty_one(
    cast: Cast, sign_in: SignIn, make_session: MakeSession, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    many(cast, make_session, [cast.alice, cast.bob])
    client = sign_in(cast.alice)
    html_of(client)
    with django_assert_max_num_queries(MAX_QUERIES):
        html = html_of(client)
    assert len(html.encode()) < MAX_BYTES
    assert html.count("overview-doing") == 8

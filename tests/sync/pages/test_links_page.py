"""The Links page: every live link of a workspace, by who made it, and revoking several at once."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from opencode.lib.clock import utc_now
from sync.models import LinkDay, Session, Share
from tests.cast import Cast, SignIn
from tests.support.transcripts import make_session, make_share

pytestmark = pytest.mark.django_db
LINKS = "/workspaces/alpha/links/"
REVOKE = f"{LINKS}revoke/"


@pytest.fixture
def session(cast: Cast) -> Session:
    session = make_session(workspace=cast.alpha, created_by=cast.alice)
    Session.objects.filter(pk=session.pk).update(title="Fix the retry", made_with_name="build-7")
    session.refresh_from_db()
    return session


def link(session: Session, **fields: object) -> Share:
    return make_share(session, **{"workspace": session.workspace, "is_agents": False, **fields})


def shown(client: Client, path: str = LINKS) -> list[str]:
    """The links on a page, in order."""
    return re.findall(r'<input type="checkbox" name="link" value="([^"]+)"', client.get(path).content.decode())


def test_only_live_links_of_this_workspace_are_listed_newest_first(
    cast: Cast, session: Session, sign_in: SignIn
) -> None:
    now = utc_now()
    first = link(session, created_at=now - timedelta(days=3), created_by=cast.carol)
    second = link(session, created_at=now - timedelta(days=2), expires_at=now + timedelta(days=1))
    agents = link(session, is_agents=True)
    link(session, revoked_at=now)
    link(session, expires_at=now)
    link(make_session(workspace=cast.gamma), workspace=cast.gamma)
    LinkDay.objects.create(share=first, day=now.date(), opened=41, last_at=now)
    carol = sign_in(cast.carol)
    page = carol.get(LINKS).content.decode()
    assert shown(carol) == [second.pk, first.pk]
    assert shown(carol, f"{LINKS}?made=agents") == [agents.pk]
    assert f"{second.expires_at:%Y-%m-%d %H:%M} UTC" in page
    assert ["Fix the retry" in page, ">41<" in page, "Carol" in page, "2 links" in page] == [True] * 4
    assert "build-7" in carol.get(f"{LINKS}?made=agents").content.decode()


def test_empty_pages_say_what_makes_a_link(cast: Cast, sign_in: SignIn) -> None:
    carol = sign_in(cast.carol)
    assert "Open a session and choose Share" in carol.get(LINKS).content.decode()
    assert "/workspaces/alpha/connect/" in carol.get(f"{LINKS}?made=agents").content.decode()
    assert "Rules" not in carol.get(LINKS).content.decode().split("<main")[1]


def test_several_links_are_revoked_after_one_question_that_names_them(
    cast: Cast, session: Session, sign_in: SignIn
) -> None:
    links = [link(session) for _ in range(3)]
    foreign = link(make_session(workspace=cast.gamma), workspace=cast.gamma)
    carol = sign_in(cast.carol)
    ticked = {"link": [links[0].pk, links[1].pk, foreign.pk, "guess"]}
    asked = carol.post(REVOKE, ticked).content.decode()
    assert "Revoke 2 links?" in asked
    assert [each.pk in asked for each in (*links, foreign)] == [True, True, False, False]
    assert not Share.objects.exclude(revoked_at=None).exists()
    answer = carol.post(REVOKE, {**ticked, "confirmed": "yes"}, follow=True)
    assert "2 links are revoked." in answer.content.decode()
    assert {share.pk for share in Share.objects.filter(revoked_at=None)} == {links[2].pk, foreign.pk}


def test_one_rows_own_button_means_that_row_whatever_is_ticked(cast: Cast, session: Session, sign_in: SignIn) -> None:
    first, second = link(session), link(session)
    asked = sign_in(cast.carol).post(REVOKE, {"link": [first.pk], "only": second.pk}).content.decode()
    assert "Revoke 1 link?" in asked
    assert (first.pk in asked, second.pk in asked) == (False, True)


@pytest.mark.parametrize(("data", "said"), [({}, "Tick the links"), ({"link": "guess"}, "have ended already")])
def test_nothing_to_revoke_leads_back(cast: Cast, sign_in: SignIn, data: dict[str, str], said: str) -> None:
    answer = sign_in(cast.carol).post(REVOKE, {**data, "made": "agents"}, follow=True)
    assert said in answer.content.decode()
    assert answer.redirect_chain == [(f"{LINKS}?made=agents", 302)]


def test_long_lists_come_in_pages_that_cost_the_same(
    cast: Cast, session: Session, sign_in: SignIn, django_assert_max_num_queries: object
) -> None:
    now = utc_now()
    Share.objects.bulk_create(
        Share(session=session, workspace=cast.alpha, is_agents=False, secret_version=1, created_at=now - timedelta(n))
        for n in range(120)
    )
    carol = sign_in(cast.carol)
    shown(carol)
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        first = carol.get(LINKS).content.decode()
    assert "50 of 120 links" in first
    assert len(first) < 150_000
    older = re.search(r'href="(\?after=[^"]+)"', first)
    assert older is not None
    assert len(shown(carol)) == len(shown(carol, LINKS + older[1])) == 50
    assert set(shown(carol)).isdisjoint(shown(carol, LINKS + older[1]))

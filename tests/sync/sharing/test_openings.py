"""How often links were opened: counted in memory by day, written together, and shown without anybody's name."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from sync.archive import session_erase
from sync.models import LinkDay, Share
from sync.sharing import LINK_OPENINGS, link_opened, links_used, openings_purge
from tests.cast import Cast, SignIn
from tests.support.transcripts import CLIENT_ID, CONVERSATION, make_session, make_share, publish

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_waits() -> None:
    LINK_OPENINGS.take()


@pytest.fixture
def share(cast: Cast) -> Share:
    return make_share(publish(make_session(workspace=cast.alpha), CONVERSATION), workspace=cast.alpha)


def test_openings_of_the_page_count_and_nothing_else_does(share: Share, cast: Cast, sign_in: SignIn) -> None:
    visitor = Client()
    for path in ("", ".json", ".md", "?at=msg_1", "/fragments?epoch=x&k=session/info/ses_1:1"):
        visitor.get(f"/share/{share.pk}{path}")
    visitor.head(f"/share/{share.pk}")
    visitor.get(f"/share/{share.pk}", headers={"Sec-Purpose": "prefetch;prerender"})
    visitor.get("/share/nosuchshare")
    sign_in(cast.carol).get(f"/s/{share.pk}")
    assert not LinkDay.objects.exists()
    LINK_OPENINGS.flush()
    row = LinkDay.objects.get()
    assert (row.share, row.opened, row.day) == (share, 2, utc_now().date())
    link_opened(share.pk)
    LINK_OPENINGS.flush()
    row.refresh_from_db()
    assert row.opened == 3
    assert row.last_at <= utc_now()


def test_opening_a_link_for_members_counts_for_members_alone(share: Share, cast: Cast, sign_in: SignIn) -> None:
    Share.objects.update(visibility="members")
    for person in (cast.charlie, cast.carol):
        sign_in(person).get(f"/share/{share.pk}")
    Client().get(f"/share/{share.pk}")
    LINK_OPENINGS.flush()
    assert links_used([share.pk])[share.pk].count == 1


def test_counting_costs_no_query(share: Share) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        link_opened(share.pk)
    assert len(queries) == 0


def test_openings_of_a_session_erased_meanwhile_are_dropped_and_others_kept(share: Share, cast: Cast) -> None:
    other = make_share(make_session(workspace=cast.alpha, client_id="ses_2"))
    for each in (share, share, other):
        link_opened(each.pk)
    LINK_OPENINGS.flush()
    link_opened(share.pk)
    link_opened(other.pk)
    session_erase(session_id=share.session_id, actor=THE_CONSOLE)
    LINK_OPENINGS.flush()
    assert list(LinkDay.objects.values_list("share_id", "opened")) == [(other.pk, 2)]


def test_numbers_of_a_quarter_are_kept(share: Share) -> None:
    now = utc_now()
    for days in (0, 90, 91, 200):
        LinkDay.objects.create(share=share, day=now.date() - timedelta(days=days), opened=1, last_at=now)
    assert openings_purge(now=now) == 2
    assert LinkDay.objects.count() == 2


def test_days_are_drawn_and_told_on_the_links_page(share: Share, cast: Cast, sign_in: SignIn) -> None:
    now = utc_now()
    for days, opened in ((0, 3), (2, 6), (40, 5)):
        LinkDay.objects.create(share=share, day=now.date() - timedelta(days=days), opened=opened, last_at=now)
    html = sign_in(cast.carol).get(f"/workspaces/alpha/sessions/{CLIENT_ID}/shares/{share.pk}/").content.decode()
    assert "14 times" in html
    assert html.count('class="bar"') == 2
    assert f'<th scope="row">{now.date() - timedelta(days=2)}</th><td class="num">6</td>' in html

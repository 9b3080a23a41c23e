"""A workspace's Sessions page: who sees which sessions, in which order, found how, kept live cheaply."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from accounts.models import User
from opencode.lib.paging import PAGE_ROWS
from sync.models import Session
from tests.cast import Cast, SignIn
from workspaces.models import Workspace

PAGE = "/workspaces/alpha/sessions/"
ROWS = "/workspaces/alpha/sessions/rows"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MAX_QUERIES = 8
MAX_BYTES = 50 * 1024

MakeSession = Callable[..., Session]


@pytest.fixture
def make_session(cast: Cast) -> MakeSession:
    """`make_session(3, title=…)` is alpha's session `ses_3`, last active 3 minutes before noon."""

    def make(number: int, workspace: Workspace = cast.alpha, **fields: object) -> Session:
        moments = {"last_activity_at": NOON - timedelta(minutes=number), "snapshot_due_at": NOON}
        given = {"title": f"title {number}", **moments, **fields}
        return Session.objects.create(client_id=f"ses_{number}", workspace=workspace, owner_key=workspace.pk, **given)

    return make


def html_of(client: Client, address: str = PAGE) -> str:
    return client.get(address).content.decode()


def titles(html: str) -> list[str]:
    return re.findall(r"<bdi>([^<]*)</bdi></a>", html)


def address_of(html: str, words: str) -> str:
    """Where the pagination link with these words leads."""
    found = re.search(rf'href="([^"]+)"[^>]*>{words}</a>', html)
    assert found is not None
    return PAGE + found[1].replace("&amp;", "&")


def test_row_says_what_who_with_which_model_for_how_much(
    cast: Cast, sign_in: SignIn, make_session: MakeSession
) -> None:
    make_session(
        1,
        title="Fix the upload",
        model="openrouter/meta/llama-4",
        created_by=cast.bob,
        tokens_input=4_000,
        tokens_output=200,
        tokens_reasoning=10,
        tokens_cache_read=90_000,
        cost=2_200,
    )
    html = html_of(sign_in(cast.carol))
    row = html[html.index("<tbody") : html.index("</tbody>")]
    assert titles(row) == ["Fix the upload"]
    assert 'href="/workspaces/alpha/sessions/ses_1/"' in row
    assert 'title="bob@example.com">Bob<' in row
    assert 'title="openrouter/meta/llama-4">llama-4<' in row
    assert ">4.2k<" in row
    assert ">$0.000022<" in row
    assert 'title="2026-03-01 11:59:00 UTC"' in row
    assert ">done<" in row


def test_sessions_of_other_workspaces_stay_out(cast: Cast, sign_in: SignIn, make_session: MakeSession) -> None:
    make_session(1, workspace=cast.gamma)
    make_session(2)
    Session.objects.create(client_id="ses_3", owner_key="anonymous", title="nobody's")
    assert titles(html_of(sign_in(cast.alice))) == ["title 2"]


@pytest.mark.parametrize("address", [PAGE, ROWS])
def test_outsider_learns_nothing(cast: Cast, sign_in: SignIn, make_session: MakeSession, address: str) -> None:
    make_session(1)
    answer = sign_in(cast.charlie).get(address)
    assert answer.status_code == 404
    assert "title 1" not in answer.content.decode()


def test_script_of_somebody_signed_out_is_told_so(cast: Cast) -> None:
    answer = Client().get(ROWS)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "credentials_missing"


def test_latest_activity_comes_first_and_pages_never_overlap(
    cast: Cast, sign_in: SignIn, make_session: MakeSession
) -> None:
    for number in range(2 * PAGE_ROWS + 5):
        # In threes at one moment, so that pages end within one.
        make_session(number, last_activity_at=NOON - timedelta(minutes=number // 3))
    client = sign_in(cast.alice)
    first = html_of(client)
    second = html_of(client, address_of(first, "Older"))
    third = html_of(client, address_of(second, "Older"))
    shown = [titles(page) for page in (first, second, third)]
    assert [len(page) for page in shown] == [PAGE_ROWS, PAGE_ROWS, 5]
    assert len({title for page in shown for title in page}) == 2 * PAGE_ROWS + 5
    assert shown[0][:4] == ["title 2", "title 1", "title 0", "title 5"]
    assert ">Older<" not in third
    assert titles(html_of(client, address_of(third, "Latest"))) == shown[0]


def test_session_that_becomes_active_does_not_shift_the_older_page(
    cast: Cast, sign_in: SignIn, make_session: MakeSession
) -> None:
    sessions = [make_session(number) for number in range(PAGE_ROWS + 3)]
    client = sign_in(cast.alice)
    older = address_of(html_of(client), "Older")
    Session.objects.filter(pk=sessions[10].pk).update(last_activity_at=NOON + timedelta(hours=1))
    assert titles(html_of(client, older)) == [f"title {number}" for number in range(PAGE_ROWS, PAGE_ROWS + 3)]


@pytest.mark.parametrize(
    "cursor", ["x", "1", "1.", ".1", "1.x", "-1.1", "1.1.1", "9" * 40 + ".1", "1." + "9" * 40, "١.١"]
)
def test_cursor_that_no_page_hands_out_leads_to_the_first_page(
    cast: Cast, sign_in: SignIn, make_session: MakeSession, cursor: str
) -> None:
    make_session(1)
    answer = sign_in(cast.alice).get(PAGE, {"after": cursor})
    assert answer.status_code == 200
    html = answer.content.decode()
    assert titles(html) == ["title 1"]
    assert cursor not in re.findall(r"after=([^\"&]+)", html)
    assert ">Latest<" not in html


def test_search_finds_titles_and_ids_and_keeps_to_them_on_older_pages(
    cast: Cast, sign_in: SignIn, make_session: MakeSession
) -> None:
    for number in range(PAGE_ROWS + 2):
        make_session(number, title=f"Upload 100% {number}")
    make_session(900, title="something else")
    client = sign_in(cast.alice)
    first = html_of(client, f"{PAGE}?q=upload+100%25")
    second = html_of(client, address_of(first, "Older"))
    assert 'value="upload 100%"' in first
    assert titles(second) == [f"Upload 100% {number}" for number in (PAGE_ROWS, PAGE_ROWS + 1)]
    assert titles(html_of(client, f"{PAGE}?q=ses_900")) == ["something else"]
    assert titles(html_of(client, f"{PAGE}?q=100_")) == []


def test_search_without_a_find_says_so(cast: Cast, sign_in: SignIn, make_session: MakeSession) -> None:
    make_session(1)
    html = html_of(sign_in(cast.alice), f"{PAGE}?q=%3Cb%3E")
    assert "No sessions match “&lt;b&gt;”" in html
    assert "opencode run" not in html


def test_empty_workspace_says_how_to_connect_an_agent(cast: Cast, sign_in: SignIn) -> None:
    html = html_of(sign_in(cast.alice))
    assert "/workspaces/alpha/tokens/new/" in html
    assert "&quot;enterprise&quot;" in html
    assert "/w/YOUR-SHARE-TOKEN" in html
    assert "opencode run" in html


def test_member_is_sent_to_an_admin_for_the_token(cast: Cast, sign_in: SignIn) -> None:
    html = html_of(sign_in(cast.carol))
    assert "/workspaces/alpha/tokens/new/" not in html
    assert "Ask an owner or admin of alpha" in html


def test_untrusted_title_and_model_are_shown_as_text(cast: Cast, sign_in: SignIn, make_session: MakeSession) -> None:
    make_session(1, title='"><img src=x onerror=alert(1)>', model='x/"><script>1</script>')
    html = html_of(sign_in(cast.alice))
    assert "<img" not in html
    assert "<script>1" not in html


def test_session_whose_id_no_address_fits_is_listed(cast: Cast, sign_in: SignIn, make_session: MakeSession) -> None:
    session = make_session(1)
    Session.objects.filter(pk=session.pk).update(client_id="ses with spaces")
    assert titles(html_of(sign_in(cast.alice))) == ["title 1"]


def test_full_page_is_small_and_takes_few_queries(
    cast: Cast, sign_in: SignIn, make_session: MakeSession, django_assert_max_num_queries: Callable[..., object]
) -> None:
    person: User = cast.bob
    for number in range(200):
        make_session(number, title="long " * 60, model="anthropic/claude", created_by=person)
    client = sign_in(cast.alice)
    client.get(PAGE)
    with django_assert_max_num_queries(MAX_QUERIES):  # type: ignore[attr-defined]
        html = html_of(client)
    assert len(titles(html)) == PAGE_ROWS
    assert len(html.encode()) < MAX_BYTES


def test_list_is_sent_again_only_when_it_changed(cast: Cast, sign_in: SignIn, make_session: MakeSession) -> None:
    session = make_session(1)
    client = sign_in(cast.alice)
    known = {"If-None-Match": client.get(ROWS)["ETag"]}
    same = client.get(ROWS, headers=known)
    assert same.status_code == 304
    assert same.content == b""
    Session.objects.filter(pk=session.pk).update(cost=100_000_000)
    changed = client.get(ROWS, headers=known)
    assert changed.status_code == 200
    assert ">$1.00<" in changed.content.decode()
    assert changed["ETag"] != same["ETag"]


def test_list_differs_for_those_who_may_connect_an_agent(cast: Cast, sign_in: SignIn) -> None:
    assert sign_in(cast.alice).get(ROWS)["ETag"] != sign_in(cast.carol).get(ROWS)["ETag"]


def test_list_repeats_search_and_place_of_its_page(cast: Cast, sign_in: SignIn, make_session: MakeSession) -> None:
    for number in range(PAGE_ROWS + 1):
        make_session(number)
    client = sign_in(cast.alice)
    older = html_of(client, address_of(html_of(client, f"{PAGE}?q=title"), "Older"))
    found = re.search(r'data-rows-url="([^"]+)"', older)
    assert found is not None
    assert titles(html_of(client, found[1].replace("&amp;", "&"))) == [f"title {PAGE_ROWS}"]

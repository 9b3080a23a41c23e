"""The share page: complete without JavaScript, no more than the share allows, and gone when the share is."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client

from opencode.lib.clock import utc_now
from sync.models import Share
from sync.sharing import masked_epoch
from sync.transcript.workers.pool import POOL
from tests.cast import BROWSER, Cast, SignIn
from tests.contract.recordings import NEWER
from tests.support.recorded import share_of_recording
from tests.support.transcripts import CONVERSATION, FIRST_TEXT, make_session, make_share, publish, shared_conversation
from tests.unit.sync.transcript.entries import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor() -> Client:
    """A browser nobody is signed in with."""
    return Client(headers=BROWSER)


def page_text(client: Client, path: str) -> str:
    return " ".join(text_of(client.get(path).content.decode()).split())


def test_page_shows_the_whole_session(visitor: Client) -> None:
    seen = page_text(visitor, f"/share/{shared_conversation().pk}")
    for words in [
        "Fix the retry",
        "gw/fake-1",
        "$0.012",
        "1,234 in 56 out 7 cached",
        "Why does it fail?",
        "Because of the timer.",
        "1 file changed",
        "retry.py",
        "-a +b",
    ]:
        assert words in seen


def test_the_older_protocols_link_shows_the_same(visitor: Client) -> None:
    share = shared_conversation()
    assert "Why does it fail?" in page_text(visitor, f"/s/{share.pk}")
    assert f'href="http://127.0.0.1:8000/share/{share.pk}"' in visitor.get(f"/s/{share.pk}").content.decode()


def test_messages_have_permalinks(visitor: Client) -> None:
    html = visitor.get(f"/share/{shared_conversation().pk}").content.decode()
    assert 'id="msg_1"' in html
    assert 'href="?at=msg_1#msg_1"' in html


@pytest.mark.parametrize("name", NEWER)
def test_recorded_sessions_are_pages(visitor: Client, name: str) -> None:
    response = visitor.get(f"/share/{share_of_recording(name).pk}")
    assert response.status_code == 200
    assert response.content.count(b"<article") >= 4
    assert "gw/fake-1" in text_of(response.content.decode())
    assert b"could not be shown" not in response.content


def test_an_empty_session_says_that_entries_will_come(visitor: Client) -> None:
    share = make_share(make_session())
    seen = page_text(visitor, f"/share/{share.pk}")
    assert "Untitled session" in seen
    assert "No messages yet." in seen


def ended_shares() -> Iterator[str]:
    session = publish(make_session(), CONVERSATION)
    yield make_share(session, revoked_at=utc_now()).pk
    yield make_share(session, expires_at=utc_now() - timedelta(seconds=1)).pk
    yield "neverWas"


@pytest.mark.parametrize("suffix", ["", ".json", ".md", "/fragments?epoch=e&k=session/info/ses_1:1"])
def test_ended_and_unknown_shares_are_told_apart_by_nobody(visitor: Client, suffix: str) -> None:
    answers = [visitor.get(f"/share/{share_id}{suffix}", headers={"Accept": "*/*"}) for share_id in ended_shares()]
    bodies = [{**answer.json()["error"], "request_id": ""} for answer in answers]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert bodies[0] == bodies[1] == bodies[2]
    assert bodies[0]["code"] == "not_found"


def test_an_ended_share_is_a_page_for_people(visitor: Client) -> None:
    response = visitor.get("/share/neverWas")
    assert response.status_code == 404
    assert "text/html" in response["Content-Type"]


def test_a_share_that_has_not_expired_yet_is_shown(visitor: Client) -> None:
    share = shared_conversation(expires_at=utc_now() + timedelta(minutes=1))
    assert visitor.get(f"/share/{share.pk}").status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_only_reading_is_answered(visitor: Client, method: str) -> None:
    share = shared_conversation()
    response = getattr(Client(enforce_csrf_checks=True), method)(f"/share/{share.pk}")
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD"
    assert response.json()["error"]["code"] == "method_not_allowed"


def test_head_is_answered_without_a_body(visitor: Client) -> None:
    response = visitor.head(f"/share/{shared_conversation().pk}")
    assert response.status_code == 200
    assert response.content == b""


def test_search_engines_are_kept_out_unless_the_share_is_public(visitor: Client) -> None:
    private = visitor.get(f"/share/{shared_conversation().pk}")
    assert private["X-Robots-Tag"] == "noindex, nofollow"
    assert b'name="robots" content="noindex' in private.content
    public = visitor.get(f"/share/{make_share(Share.objects.get().session, visibility='public').pk}")
    assert "X-Robots-Tag" not in public
    assert b'name="robots"' not in public.content


def test_link_previews_tell_the_title_and_counts_but_no_words_of_the_session(visitor: Client) -> None:
    html = visitor.get(f"/share/{shared_conversation().pk}").content.decode()
    head = html[: html.index("</head>")]
    assert '<meta property="og:title" content="Fix the retry">' in head
    assert '<meta property="og:description" content="A coding session: 2 messages with gw/fake-1.">' in head
    assert "Why does it fail" not in head
    assert "timer" not in head


def test_no_form_of_a_share_holds_the_agents_secret(visitor: Client) -> None:
    share = shared_conversation()
    forms = [visitor.get(f"/share/{share.pk}{suffix}").content for suffix in ("", ".json", ".md")]
    assert [b"hush-hush" in form for form in forms] == [False, False, False]


def test_hostile_titles_and_texts_are_shown_as_text(visitor: Client) -> None:
    evil = "</title><script>alert(1)</script>\u202e"
    session = publish(
        make_session(),
        {
            **CONVERSATION,
            "session/info/ses_1": {"id": "ses_1", "title": evil},
            FIRST_TEXT: {"id": "prt_1", "type": "text", "text": evil},
        },
    )
    html = visitor.get(f"/share/{make_share(session).pk}").content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_pages_keep_to_a_strict_policy(visitor: Client) -> None:
    response = visitor.get(f"/share/{shared_conversation().pk}")
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert b" style=" not in response.content
    assert b" onclick=" not in response.content


# --- who sees what


def test_nothing_of_the_workspace_or_its_people_is_shown_to_strangers(cast: Cast, sign_in: SignIn) -> None:
    session = publish(make_session(workspace=cast.alpha, created_by=cast.alice), CONVERSATION)
    share = make_share(session)
    for reader in (Client(headers=BROWSER), sign_in(cast.charlie)):
        html = reader.get(f"/share/{share.pk}").content.decode()
        assert "Why does it fail?" in html
        assert "alpha" not in html.lower()
        assert "alice" not in html.lower()


def test_a_member_is_led_to_the_session_page(cast: Cast, sign_in: SignIn) -> None:
    session = publish(make_session(workspace=cast.alpha), CONVERSATION)
    html = sign_in(cast.carol).get(f"/share/{make_share(session).pk}").content.decode()
    assert f'href="/workspaces/{cast.alpha.slug}/sessions/{session.client_id}/"' in html


def test_a_share_of_a_deleted_workspace_is_gone(cast: Cast, visitor: Client) -> None:
    share = make_share(publish(make_session(workspace=cast.alpha), CONVERSATION))
    cast.alpha.deleted_at = utc_now()
    cast.alpha.save()
    assert visitor.get(f"/share/{share.pk}").status_code == 404


# --- caching


def test_a_reader_who_has_the_page_is_not_sent_it_again(visitor: Client) -> None:
    share = shared_conversation()
    first = visitor.get(f"/share/{share.pk}")
    again = visitor.get(f"/share/{share.pk}", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    since = visitor.get(f"/share/{share.pk}", headers={"If-Modified-Since": first["Last-Modified"]})
    assert since.status_code == 304


def test_a_change_of_the_session_is_a_new_page(visitor: Client) -> None:
    share = shared_conversation()
    before = visitor.get(f"/share/{share.pk}")
    publish(share.session, {FIRST_TEXT: {"id": "prt_1", "type": "text", "text": "Another question"}})
    after = visitor.get(f"/share/{share.pk}", headers={"If-None-Match": before["ETag"]})
    assert after.status_code == 200
    assert b"Another question" in after.content


def test_theme_and_membership_have_pages_of_their_own(cast: Cast, sign_in: SignIn, visitor: Client) -> None:
    share = make_share(publish(make_session(workspace=cast.alpha), CONVERSATION))
    tags = {visitor.get(f"/share/{share.pk}")["ETag"], sign_in(cast.alice).get(f"/share/{share.pk}")["ETag"]}
    visitor.cookies["opencode_theme"] = "dark"
    tags.add(visitor.get(f"/share/{share.pk}")["ETag"])
    assert len(tags) == 3


def test_a_revoked_share_is_not_answered_from_what_the_reader_has(visitor: Client) -> None:
    share = shared_conversation()
    tag = visitor.get(f"/share/{share.pk}")["ETag"]
    Share.objects.update(revoked_at=utc_now())
    assert visitor.get(f"/share/{share.pk}", headers={"If-None-Match": tag}).status_code == 404


def test_the_page_costs_few_queries(visitor: Client, django_assert_num_queries: pytest.FixtureRequest) -> None:
    share = shared_conversation()
    with django_assert_num_queries(5):  # type: ignore[operator]
        visitor.get(f"/share/{share.pk}")


def test_the_page_says_where_to_follow_it_live(visitor: Client) -> None:
    share = shared_conversation()
    html = visitor.get(f"/share/{share.pk}").content.decode()
    assert f'data-socket="/sync/v1/sessions/{share.pk}"' in html
    assert f'data-fragments="/share/{share.pk}/fragments"' in html
    assert f'data-epoch="{masked_epoch(share.session.epoch)}"' in html
    assert f'data-head="{share.session.head_seq}"' in html


def test_a_page_that_would_wait_for_its_rendering_shows_plain_text_and_is_not_kept(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = shared_conversation()
    monkeypatch.setattr(POOL, "page_seconds", 0.0)
    plain = visitor.get(f"/share/{share.pk}")
    html = plain.content.decode()
    assert "Because of the **timer**." in html
    assert html.count(" data-plain") == 5
    assert (plain["Cache-Control"], "ETag" in plain) == ("no-store", False)
    monkeypatch.undo()
    formatted = visitor.get(f"/share/{share.pk}")
    assert "<strong>timer</strong>" in formatted.content.decode()
    assert " data-plain" not in formatted.content.decode()
    assert "ETag" in formatted


def test_fragments_say_that_they_are_plain(visitor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    share = shared_conversation()
    seq = share.session.entries.get(key=FIRST_TEXT).seq
    query = {"epoch": masked_epoch(share.session.epoch), "k": f"{FIRST_TEXT}:{seq}"}
    monkeypatch.setattr(POOL, "page_seconds", 0.0)
    plain = visitor.get(f"/share/{share.pk}/fragments", query)
    assert [fragment["plain"] for fragment in plain.json()["fragments"]] == [True]
    assert plain["Cache-Control"] == "no-store"
    monkeypatch.undo()
    formatted = visitor.get(f"/share/{share.pk}/fragments", query)
    assert ["plain" in fragment for fragment in formatted.json()["fragments"]] == [False]


def test_parts_that_came_before_their_message_are_not_shown_yet(visitor: Client) -> None:
    session = publish(make_session(), {FIRST_TEXT: CONVERSATION[FIRST_TEXT]})
    html = visitor.get(f"/share/{make_share(session).pk}").content.decode()
    inert = html[html.index("<template data-orphans>") : html.index("</template>")]
    assert "Why does it fail?" in inert
    assert "No messages yet." in html

"""The session page of a workspace: for its members only, with its shares, exports and latest snapshot."""

from datetime import timedelta

import pytest
from django.test import Client

from opencode.lib.clock import utc_now
from sync.models import Session
from sync.sharing import masked_epoch
from tests.cast import BROWSER, Cast, SignIn
from tests.support.transcripts import CLIENT_ID, CONVERSATION, make_session, make_share, publish
from tests.unit.sync.transcript.entries import text_of

SUFFIXES = ["", "export.json", "export.md", f"fragments?epoch=e&k=session/info/{CLIENT_ID}:1"]


@pytest.fixture
def session(cast: Cast) -> Session:
    return publish(make_session(workspace=cast.alpha, created_by=cast.alice), CONVERSATION)


def address(cast: Cast, suffix: str = "") -> str:
    return f"/workspaces/{cast.alpha.slug}/sessions/{CLIENT_ID}/{suffix}"


def seen_at(client: Client, path: str) -> str:
    return " ".join(text_of(client.get(path).content.decode()).split())


@pytest.mark.parametrize("name", ["alice", "bob", "carol"])
def test_every_member_reads_the_session(cast: Cast, session: Session, sign_in: SignIn, name: str) -> None:
    seen = seen_at(sign_in(getattr(cast, name)), address(cast))
    assert "Fix the retry" in seen
    assert "Because of the timer." in seen
    assert "Shared by Alice" in seen


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_outsiders_learn_nothing(cast: Cast, session: Session, sign_in: SignIn, suffix: str) -> None:
    there = sign_in(cast.charlie).get(address(cast, suffix))
    nowhere = sign_in(cast.charlie).get(f"/workspaces/no-such-place/sessions/{CLIENT_ID}/{suffix}")
    assert (there.status_code, nowhere.status_code) == (404, 404)
    assert b"retry" not in there.content


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_programs_that_are_not_signed_in_are_refused(cast: Cast, session: Session, suffix: str) -> None:
    response = Client().get(address(cast, suffix))
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "credentials_missing"


def test_people_who_are_not_signed_in_are_led_to_the_sign_in_page(cast: Cast, session: Session) -> None:
    response = Client(headers=BROWSER).get(address(cast))
    assert response.status_code == 302
    assert f"next={address(cast)}" in response["Location"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_session_of_another_workspace_is_not_found_here(cast: Cast, sign_in: SignIn, suffix: str) -> None:
    publish(make_session(workspace=cast.gamma), CONVERSATION)
    assert sign_in(cast.alice).get(address(cast, suffix)).status_code == 404


def test_one_client_id_in_two_workspaces_is_two_sessions(cast: Cast, session: Session, sign_in: SignIn) -> None:
    title = {f"session/info/{CLIENT_ID}": {"id": CLIENT_ID, "title": "Gamma's own"}}
    publish(make_session(workspace=cast.gamma), title)
    assert "Gamma's own" not in seen_at(sign_in(cast.alice), address(cast))
    assert "Gamma's own" in seen_at(sign_in(cast.charlie), f"/workspaces/{cast.gamma.slug}/sessions/{CLIENT_ID}/")


def test_removed_member_no_longer_reads(cast: Cast, session: Session, sign_in: SignIn) -> None:
    reader = sign_in(cast.carol)
    assert reader.get(address(cast)).status_code == 200
    cast.membership(cast.carol).delete()
    assert reader.get(address(cast)).status_code == 404


def test_messages_have_the_name_of_their_person_for_members_and_for_nobody_else(
    cast: Cast, session: Session, sign_in: SignIn
) -> None:
    member, share = sign_in(cast.carol), make_share(session)
    query = {"epoch": session.epoch, "k": f"session/message/{CLIENT_ID}/msg_1:1"}
    head = '<h3 class="turn-who"><bdi>{}</bdi></h3>'
    assert head.format("Alice") in member.get(address(cast)).content.decode()
    assert head.format("Alice") in member.get(address(cast, "fragments"), query).json()["fragments"][0]["html"]
    query["epoch"] = masked_epoch(session.epoch)
    assert head.format("User") in Client().get(f"/share/{share.pk}").content.decode()
    assert head.format("User") in Client().get(f"/share/{share.pk}/fragments", query).json()["fragments"][0]["html"]


def test_a_page_says_what_the_agent_does(cast: Cast, session: Session, sign_in: SignIn) -> None:
    assert "data-activity hidden" in sign_in(cast.carol).get(address(cast)).content.decode()
    call = {"type": "tool", "tool": "bash", "state": {"status": "running", "input": {"command": "pytest -q"}}}
    third = {"id": "msg_3", "role": "assistant", "time": {"created": 1_795_340_299_999}}
    publish(
        session,
        {f"session/message/{CLIENT_ID}/msg_3": third, f"session/part/{CLIENT_ID}/msg_3/prt_9": call},
    )
    assert "$0.012 bash pytest -q" in seen_at(sign_in(cast.carol), address(cast))


def test_shares_are_listed_with_what_became_of_them(cast: Cast, session: Session, sign_in: SignIn) -> None:
    live = make_share(session)
    ended = make_share(session, revoked_at=utc_now())
    expired = make_share(session, expires_at=utc_now() - timedelta(days=1))
    html = sign_in(cast.carol).get(address(cast)).content.decode()
    seen = " ".join(text_of(html).split())
    assert f'href="/share/{live.pk}"' in html
    assert f"/share/{live.pk} Active" in seen
    assert f"/share/{ended.pk} Revoked" in seen
    assert f"/share/{expired.pk} Expired" in seen
    assert f'href="/share/{ended.pk}"' not in html
    assert f'href="/share/{expired.pk}"' not in html


def test_only_links_that_live_can_be_ended(cast: Cast, session: Session, sign_in: SignIn) -> None:
    live = make_share(session)
    ended = make_share(session, revoked_at=utc_now())
    html = sign_in(cast.carol).get(address(cast)).content.decode()
    assert f"shares/{live.pk}/end/" in html
    assert f"shares/{ended.pk}/end/" not in html


def test_a_session_without_shares_says_so(cast: Cast, session: Session, sign_in: SignIn) -> None:
    assert "No one outside the workspace can open this session." in seen_at(sign_in(cast.carol), address(cast))


def test_the_latest_snapshot_is_offered_when_there_is_one(cast: Cast, session: Session, sign_in: SignIn) -> None:
    reader = sign_in(cast.carol)
    assert "Snapshot" not in seen_at(reader, address(cast))
    Session.objects.update(snapshot_seq=4)
    html = reader.get(address(cast)).content.decode()
    assert f'href="{address(cast)}snapshots/latest"' in html


def test_the_page_says_where_to_follow_it_live(cast: Cast, session: Session, sign_in: SignIn) -> None:
    html = sign_in(cast.carol).get(address(cast)).content.decode()
    assert f'data-socket="/sync/v1/sessions/{CLIENT_ID}?workspace={cast.alpha.slug}"' in html
    assert f'data-fragments="{address(cast)}fragments"' in html


def test_the_page_is_never_kept_by_caches_nor_search_engines(cast: Cast, session: Session, sign_in: SignIn) -> None:
    response = sign_in(cast.carol).get(address(cast))
    assert response["Cache-Control"] == "private, no-cache"
    assert b'name="robots" content="noindex' in response.content


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_only_reading_is_answered(cast: Cast, session: Session, sign_in: SignIn, method: str) -> None:
    response = getattr(sign_in(cast.alice), method)(address(cast))
    assert response.status_code == 405

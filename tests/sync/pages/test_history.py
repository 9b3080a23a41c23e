"""A session's history: its snapshots, one as it was then, what changed since, each as a file; for members only."""

import gzip
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient

from sync.archive.snapshots.writing import snapshot_write
from sync.models import Session, Snapshot
from tests.cast import Cast, SignIn
from tests.support.transcripts import CLIENT_ID, CONVERSATION, FIRST_TEXT, INFO, SECOND_TEXT, make_session, publish
from tests.unit.sync.transcript.entries import text_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("objects")]
THIRD_TEXT = f"session/part/{CLIENT_ID}/msg_2/prt_3"


@pytest.fixture
def session(cast: Cast) -> Session:
    return publish(make_session(workspace=cast.alpha, created_by=cast.alice), CONVERSATION)


def take(session: Session) -> Snapshot:
    snapshot = snapshot_write(session_id=session.pk)
    assert snapshot is not None
    return snapshot


def address(cast: Cast, suffix: object = "") -> str:
    return f"/workspaces/{cast.alpha.slug}/sessions/{CLIENT_ID}/snapshots/{suffix}"


def seen(client: Any, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return " ".join(text_of(response.content.decode()).split())


def test_history_lists_every_snapshot(cast: Cast, session: Session, sign_in: SignIn) -> None:
    first = take(session)
    publish(session, {FIRST_TEXT: {"type": "text", "text": "changed"}})
    second = take(session)
    html = sign_in(cast.carol).get(address(cast)).content.decode()
    assert html.index(f"snapshots/{second.pk}/") < html.index(f"snapshots/{first.pk}/")
    words = " ".join(text_of(html).split())
    assert f"{second.created_at:%Y-%m-%d %H:%M:%S} UTC Same as now 7 6" in words
    assert f"{first.created_at:%Y-%m-%d %H:%M:%S} UTC 6 6" in words


def test_history_without_snapshots_says_what_comes(cast: Cast, session: Session, sign_in: SignIn) -> None:
    Snapshot.objects.create(session=session, epoch=session.epoch, seq=1, object_name="half")
    assert "No snapshot yet" in seen(sign_in(cast.carol), address(cast))


def test_snapshot_shows_the_session_as_it_was(cast: Cast, session: Session, sign_in: SignIn) -> None:
    snapshot = take(session)
    publish(session, {FIRST_TEXT: {"type": "text", "text": "Something else"}, INFO: {"title": "Renamed", "cost": 9}})
    publish(session, {}, deleted=(SECOND_TEXT,))
    words = seen(sign_in(cast.carol), address(cast, f"{snapshot.pk}/"))
    assert "Snapshot" in words
    assert "This is the session as it was" in words
    assert "Fix the retry" in words
    assert "Why does it fail?" in words
    assert "Because of the timer." in words
    assert "Cost $0.012 " in words
    assert "Something else" not in words
    assert "$9" not in words


def test_snapshot_page_has_nothing_live(cast: Cast, session: Session, sign_in: SignIn) -> None:
    html = sign_in(cast.carol).get(address(cast, f"{take(session).pk}/")).content.decode()
    assert "data-socket" not in html
    assert "session-live" not in html


def test_comparison_names_what_was_added_changed_and_removed(cast: Cast, session: Session, sign_in: SignIn) -> None:
    snapshot = take(session)
    publish(session, {FIRST_TEXT: {"type": "text", "text": "Why so slow?"}})
    publish(session, {THIRD_TEXT: {"type": "text", "text": "New."}})
    publish(session, {}, deleted=(SECOND_TEXT,))
    words = seen(sign_in(cast.carol), address(cast, f"{snapshot.pk}/compare"))
    assert "Added 1 Changed 1 Removed 1 The same 4 " in words
    assert "-Why does it fail?" in words
    assert "+Why so slow?" in words
    assert "+New." in words
    assert "-Because of the **timer**." in words


def test_comparison_with_itself_finds_nothing(cast: Cast, session: Session, sign_in: SignIn) -> None:
    assert "Nothing has changed" in seen(sign_in(cast.carol), address(cast, f"{take(session).pk}/compare"))


def test_comparison_shows_no_share_secret(cast: Cast, session: Session, sign_in: SignIn) -> None:
    snapshot = take(session)
    publish(session, {}, deleted=(INFO,))
    words = seen(sign_in(cast.carol), address(cast, f"{snapshot.pk}/compare"))
    assert "Fix the retry" in words
    assert "hush-hush" not in words


def test_untrusted_text_is_escaped_in_the_comparison(cast: Cast, session: Session, sign_in: SignIn) -> None:
    snapshot = take(session)
    publish(session, {FIRST_TEXT: {"type": "text", "text": "<script>alert(1)</script>"}})
    html = sign_in(cast.carol).get(address(cast, f"{snapshot.pk}/compare")).content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html


async def download(user: Any, path: str) -> Any:
    client = AsyncClient()
    await client.aforce_login(user)
    response = await client.get(path)
    return response, b"".join([part async for part in response])


def test_any_snapshot_can_be_downloaded(cast: Cast, session: Session) -> None:
    first = take(session)
    publish(session, {FIRST_TEXT: {"type": "text", "text": "changed"}})
    take(session)
    response, body = async_to_sync(download)(cast.carol, address(cast, f"{first.pk}/download"))
    assert response["Content-Disposition"] == 'attachment; filename="ses_1-6.jsonl.gz"'
    assert b"Why does it fail?" in gzip.decompress(body)


@pytest.mark.parametrize("suffix", ["", "compare", "download"])
def test_snapshot_of_another_session_is_not_found(cast: Cast, session: Session, sign_in: SignIn, suffix: str) -> None:
    foreign = take(publish(make_session(workspace=cast.gamma), CONVERSATION))
    assert sign_in(cast.alice).get(address(cast, f"{foreign.pk}/{suffix}")).status_code == 404


@pytest.mark.parametrize("suffix", ["", "compare"])
def test_damaged_snapshot_is_refused_and_shows_nothing(
    cast: Cast, session: Session, sign_in: SignIn, objects: Path, suffix: str
) -> None:
    snapshot = take(session)
    (objects / snapshot.object_name).write_bytes(b"damaged")
    response = sign_in(cast.alice).get(address(cast, f"{snapshot.pk}/{suffix}"))
    assert response.status_code == 503
    assert b"cannot be read now" in response.content

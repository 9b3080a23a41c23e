"""Long outputs of tool calls: both ends in the page, pages of the rest, all of it as plain text; nothing beyond."""

import re
from typing import Any

import pytest
from django.test import Client

from sync.archive.snapshots.writing import snapshot_write
from sync.models import Session
from tests.cast import BROWSER, Cast, SignIn
from tests.support.transcripts import CLIENT_ID, CONVERSATION, INFO, SECOND_TEXT, make_session, make_share, publish
from tests.unit.sync.transcript.entries import text_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("objects")]
RUN = f"session/part/{CLIENT_ID}/msg_2/prt_3"
LINES = 3_000
OUTPUT = "".join(f"test_{number} <b>ok</b>\n" for number in range(LINES)) + "1 failed\n"


@pytest.fixture
def session(cast: Cast) -> Session:
    state = {"status": "completed", "input": {"command": "make"}, "output": OUTPUT, "metadata": {"exit": 2}}
    run: dict[str, Any] = {"id": "prt_3", "type": "tool", "tool": "bash", "state": state}
    return publish(make_session(workspace=cast.alpha, created_by=cast.alice), {**CONVERSATION, RUN: run})


@pytest.fixture
def visitor() -> Client:
    return Client(headers=BROWSER)


def html_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def addresses(session: Session, cast: Cast) -> list[str]:
    """The page behind a link, the members' page, and a snapshot's."""
    snapshot = snapshot_write(session_id=session.pk)
    assert snapshot is not None
    members = f"/workspaces/{cast.alpha.slug}/sessions/{CLIENT_ID}/"
    return [f"/share/{make_share(session).pk}", members, f"{members}snapshots/{snapshot.pk}/"]


def test_every_page_shows_both_ends_and_leads_to_the_rest(session: Session, cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.carol)
    for address in addresses(session, cast):
        html = html_of(client, address)
        assert "test_0 &lt;b&gt;ok" in html
        assert "1 failed" in html
        assert "test_1500" not in html
        (first,) = re.findall(r'href="(\?entry=[^"]*chunk=0)"', html)
        pages = [
            html_of(client, address + first.replace("&amp;", "&").replace("chunk=0", f"chunk={n}")) for n in (0, 1, 2)
        ]
        seen = re.findall(r"test_\d+ <b>ok</b>", " ".join(map(text_of, pages)))
        assert seen == [f"test_{number} <b>ok</b>" for number in range(LINES)]


def test_all_of_an_output_is_there_as_plain_text(session: Session, cast: Cast, sign_in: SignIn) -> None:
    for address in addresses(session, cast):
        response = sign_in(cast.carol).get(f"{address}?entry={RUN}&raw=1")
        assert response.content.decode() == OUTPUT
        assert response["Content-Type"] == "text/plain; charset=utf-8"
        assert response["X-Content-Type-Options"] == "nosniff"


def test_a_page_of_an_output_leads_back_to_its_place(session: Session, visitor: Client) -> None:
    html = html_of(visitor, f"/share/{make_share(session).pk}?entry={RUN}&chunk=1")
    assert '<a href="?at=msg_2#prt_3">Back to the conversation</a>' in html
    assert "Page 2 of 4" in html


@pytest.mark.parametrize("key", [SECOND_TEXT, INFO, f"session/part/{CLIENT_ID}/msg_2/prt_9", "nonsense"])
@pytest.mark.parametrize("query", ["chunk=0", "raw=1"])
def test_only_tool_calls_have_an_output(session: Session, cast: Cast, sign_in: SignIn, key: str, query: str) -> None:
    for address in addresses(session, cast):
        assert sign_in(cast.carol).get(f"{address}?entry={key}&{query}").status_code == 404


@pytest.mark.parametrize("number", ["-1", "x", "1234567", "²"])
def test_a_page_number_that_is_none_is_not_found(session: Session, visitor: Client, number: str) -> None:
    assert visitor.get(f"/share/{make_share(session).pk}?entry={RUN}&chunk={number}").status_code == 404


def test_an_output_is_refused_when_its_share_has_ended(session: Session, cast: Cast, visitor: Client) -> None:
    share = make_share(session, revoked_at=session.created_at)
    assert visitor.get(f"/share/{share.pk}?entry={RUN}&raw=1").status_code == 404
    assert visitor.get(f"/workspaces/{cast.alpha.slug}/sessions/{CLIENT_ID}/?entry={RUN}&raw=1").status_code != 200

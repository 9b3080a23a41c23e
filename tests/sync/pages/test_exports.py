"""Exports of a session: the same for whoever may read it, and not sent twice."""

import json

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient, Client

from sync.models import Share
from sync.sharing import masked_epoch
from tests.cast import Cast, SignIn
from tests.support.transcripts import CLIENT_ID, CONVERSATION, FIRST, FIRST_TEXT, make_session, make_share, publish
from tests.support.transcripts import shared_conversation as shared

pytestmark = pytest.mark.django_db


def test_json_holds_every_entry_in_the_order_of_its_number(client: Client) -> None:
    share = shared()
    response = client.get(f"/share/{share.pk}.json")
    assert response["Content-Type"] == "application/json"
    body = response.json()
    assert (body["format"], body["session"]) == ("opencode.session.v1", CLIENT_ID)
    assert (body["epoch"], body["seq"]) == (masked_epoch(share.session.epoch), share.session.head_seq)
    assert [entry["seq"] for entry in body["entries"]] == list(range(1, share.session.head_seq + 1))
    contents = {entry["key"]: entry["content"] for entry in body["entries"]}
    assert contents[FIRST_TEXT] == CONVERSATION[FIRST_TEXT]


def test_deleted_entries_are_not_exported(client: Client) -> None:
    share = shared()
    publish(share.session, {}, deleted=(FIRST_TEXT,))
    keys = [entry["key"] for entry in client.get(f"/share/{share.pk}.json").json()["entries"]]
    assert FIRST_TEXT not in keys
    assert len(keys) == len(CONVERSATION) - 1


def test_markdown_tells_the_session(client: Client) -> None:
    response = client.get(f"/share/{shared().pk}.md")
    assert response["Content-Type"] == "text/markdown; charset=utf-8"
    text = response.content.decode()
    assert text.startswith("# Fix the retry\n")
    assert "Because of the **timer**." in text
    assert "```diff\n" in text


@pytest.mark.parametrize("suffix", [".json", ".md"])
def test_an_unchanged_export_is_not_sent_again(client: Client, suffix: str) -> None:
    share = shared()
    first = client.get(f"/share/{share.pk}{suffix}")
    again = client.get(f"/share/{share.pk}{suffix}", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    publish(share.session, {FIRST_TEXT: {"type": "text", "text": "changed"}})
    assert client.get(f"/share/{share.pk}{suffix}", headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_each_form_has_its_own_tag(client: Client) -> None:
    share = shared()
    tags = {client.get(f"/share/{share.pk}{suffix}")["ETag"] for suffix in ("", ".json", ".md")}
    assert len(tags) == 3


@pytest.mark.parametrize("suffix", [".json", ".md"])
def test_exports_are_kept_from_search_engines_and_sniffers(client: Client, suffix: str) -> None:
    response = client.get(f"/share/{shared().pk}{suffix}")
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_members_export_what_a_link_that_masks_nothing_exports(cast: Cast, sign_in: SignIn, client: Client) -> None:
    session = publish(make_session(workspace=cast.alpha), CONVERSATION)
    share = make_share(session, masks_secrets=False)
    page = f"/workspaces/{cast.alpha.slug}/sessions/{CLIENT_ID}/"
    member = sign_in(cast.carol)
    assert member.get(f"{page}export.json").content == client.get(f"/share/{share.pk}.json").content
    assert member.get(f"{page}export.md").content == client.get(f"/share/{share.pk}.md").content


def long_share(entries: int = 700) -> Share:
    """About 1.4 MB in more entries than a piece has."""
    session = make_session()
    text = "word " * 400
    contents = {f"session/message/{CLIENT_ID}/msg_1": CONVERSATION[FIRST]}
    contents |= {
        f"session/part/{CLIENT_ID}/msg_1/prt_{number:04d}": {"type": "text", "text": f"number {number}: {text}"}
        for number in range(entries)
    }
    return make_share(publish(session, contents))


def test_a_long_session_comes_in_bounded_pieces(client: Client) -> None:
    share = long_share()
    response = client.get(f"/share/{share.pk}.json")
    assert response.streaming
    pieces = list(response.streaming_content)
    assert max(map(len, pieces)) < 1_500_000
    body = json.loads(b"".join(pieces))
    assert [entry["seq"] for entry in body["entries"]] == list(range(1, 702))
    assert body["seq"] == 701
    text = client.get(f"/share/{share.pk}.md").getvalue().decode()
    assert [text.count(f"number {number}: word") for number in range(700)] == [1] * 700
    assert text.count("## User") == 1


def test_the_head_of_a_long_export_is_answered_without_it(client: Client) -> None:
    response = client.head(f"/share/{long_share().pk}.json")
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.django_db(transaction=True)
async def test_the_server_sends_a_long_export_as_it_is_read() -> None:
    share = await sync_to_async(long_share)()
    response = await AsyncClient().get(f"/share/{share.pk}.json")
    body = json.loads(b"".join([piece async for piece in response]))
    assert len(body["entries"]) == 701

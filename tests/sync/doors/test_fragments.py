"""Fragments: what a live page asks for, answered from one read and rendered once for everybody."""

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from sync.models import Share
from sync.protocol.fragments import KEYS_LIMIT
from sync.sharing import masked_epoch
from tests.cast import Cast, SignIn
from tests.support.rendering import renderings
from tests.support.transcripts import (
    CLIENT_ID,
    CONVERSATION,
    DIFF,
    FIRST,
    FIRST_TEXT,
    INFO,
    SECOND,
    SECOND_TEXT,
    make_session,
    make_share,
    publish,
    shared_conversation,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def share() -> Share:
    return shared_conversation()


def seq_of(share: Share, key: str) -> int:
    return share.session.entries.get(key=key).seq


def ask(client: Client, share: Share, *items: str, epoch: str = "") -> HttpResponse:
    query = {"epoch": epoch or masked_epoch(share.session.epoch), "k": list(items)}
    return client.get(f"/share/{share.pk}/fragments", query)


def answer(client: Client, share: Share, *items: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(ask(client, share, *items).content)
    return body


def test_asked_entries_are_answered_with_their_place(client: Client, share: Share) -> None:
    body = answer(client, share, f"{SECOND}:1", f"{SECOND_TEXT}:1")
    assert (body["epoch"], body["head"]) == (masked_epoch(share.session.epoch), share.session.head_seq)
    message, part = body["fragments"]
    assert (message["kind"], message["parent"], message["seq"]) == ("message", None, seq_of(share, SECOND))
    assert (part["kind"], part["parent"], part["order"]) == ("part", "msg_2", "prt_2")
    assert "<strong>timer</strong>" in part["html"]


def test_the_header_comes_with_every_answer(client: Client, share: Share) -> None:
    header = answer(client, share, f"{INFO}:1")["header"]
    assert header["title"] == "Fix the retry"
    assert "$0.012" in header["html"]


def test_only_the_asked_entries_are_read(client: Client, share: Share) -> None:
    body = answer(client, share, f"{DIFF}:1")
    assert [fragment["key"] for fragment in body["fragments"]] == [DIFF]


def test_a_fragment_in_the_page_is_the_fragment_that_is_fetched(client: Client, share: Share) -> None:
    page = client.get(f"/share/{share.pk}").content.decode()
    part = answer(client, share, f"{SECOND_TEXT}:1")["fragments"][0]
    assert part["html"] in page


def test_unknown_and_deleted_keys_are_left_out(client: Client, share: Share) -> None:
    publish(share.session, {}, deleted=(FIRST_TEXT,))
    body = answer(client, share, f"{FIRST_TEXT}:1", f"session/part/{CLIENT_ID}/msg_9/prt_9:1")
    assert body["fragments"] == []


def test_a_newer_value_than_asked_is_answered(client: Client, share: Share) -> None:
    asked = seq_of(share, FIRST_TEXT)
    publish(share.session, {FIRST_TEXT: {"type": "text", "text": "newer"}})
    response = ask(client, share, f"{FIRST_TEXT}:{asked}")
    fragment = json.loads(response.content)["fragments"][0]
    assert fragment["seq"] == share.session.head_seq
    assert "newer" in fragment["html"]
    assert response["Cache-Control"] == "no-store"


def test_the_value_asked_for_may_be_kept(client: Client, share: Share) -> None:
    response = ask(client, share, f"{FIRST_TEXT}:{seq_of(share, FIRST_TEXT)}", f"{FIRST}:{seq_of(share, FIRST)}")
    assert response["Cache-Control"] == "private, max-age=3600, immutable"


def test_another_epoch_gets_no_fragments(client: Client, share: Share) -> None:
    response = ask(client, share, f"{FIRST}:{seq_of(share, FIRST)}", epoch="another")
    body = json.loads(response.content)
    assert body["epoch"] == masked_epoch(share.session.epoch)
    assert body["fragments"] == []
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "items",
    [
        [],
        ["nonsense"],
        [FIRST],
        [f"{FIRST}:"],
        [f"{FIRST}:-1"],
        [f"{FIRST}:one"],
        [f"{FIRST}:¹"],
        ["../../etc/passwd:1"],
        [f"session/part/{CLIENT_ID}/m/p{number}:1" for number in range(KEYS_LIMIT + 1)],
    ],
)
def test_odd_requests_are_refused_with_a_code(client: Client, share: Share, items: list[str]) -> None:
    response = ask(client, share, *items)
    assert response.status_code == 422
    assert json.loads(response.content)["error"]["code"] == "fields_invalid"


def test_a_foreign_sessions_keys_open_nothing(client: Client, share: Share) -> None:
    other = publish(make_session(client_id="ses_2"), {"session/message/ses_2/msg_1": {"role": "user"}})
    make_share(other)
    assert answer(client, share, "session/message/ses_2/msg_1:1")["fragments"] == []


def test_two_hundred_viewers_cost_one_rendering(client: Client, share: Share, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered = renderings(monkeypatch)
    item = f"{SECOND_TEXT}:{seq_of(share, SECOND_TEXT)}"
    seen = {ask(client, share, item).content for _ in range(200)}
    assert len(seen) == 1
    assert rendered == [SECOND_TEXT]


@pytest.mark.parametrize(("masks_secrets", "renderings_more"), [(True, [SECOND_TEXT]), (False, [])])
def test_members_share_the_renderings_of_links_that_mask_nothing(
    cast: Cast,
    sign_in: SignIn,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    masks_secrets: bool,
    renderings_more: list[str],
) -> None:
    session = publish(make_session(workspace=cast.alpha), CONVERSATION)
    share = make_share(session, masks_secrets=masks_secrets)
    item = f"{SECOND_TEXT}:{seq_of(share, SECOND_TEXT)}"
    epoch = masked_epoch(session.epoch) if masks_secrets else session.epoch
    by_link = json.loads(ask(client, share, item, epoch=epoch).content)["fragments"]
    rendered = renderings(monkeypatch)
    query = {"epoch": session.epoch, "k": [item]}
    path = f"/workspaces/{cast.alpha.slug}/sessions/{CLIENT_ID}/fragments"
    by_membership = sign_in(cast.carol).get(path, query).json()["fragments"]
    assert by_membership == by_link
    assert rendered == renderings_more


def test_a_fragment_costs_a_query_each_for_session_entries_and_failures(
    client: Client, share: Share, django_assert_num_queries: Any
) -> None:
    item = f"{SECOND_TEXT}:{seq_of(share, SECOND_TEXT)}"
    with django_assert_num_queries(3):
        ask(client, share, item)

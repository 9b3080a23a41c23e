"""Failures are counted in a session's header, with a way to the first of them."""

from typing import Any

import pytest
from django.test import Client

from sync.models import Session
from tests.cast import BROWSER, Cast, SignIn
from tests.support.transcripts import CLIENT_ID, CONVERSATION, FIRST, INFO, make_session, make_share, publish
from tests.sync.writer.test_turns import FAILED, TEXT
from tests.unit.sync.transcript.entries import text_of

pytestmark = pytest.mark.django_db
CALL = f"session/part/{CLIENT_ID}/msg_2/prt_4"
BEFORE = f"session/part/{CLIENT_ID}/msg_2/prt_3"


@pytest.fixture
def visitor() -> Client:
    return Client(headers=BROWSER)


def shown(client: Client, path: str) -> str:
    return " ".join(text_of(client.get(path).content.decode()).split())


def failing(cast: Cast, **more: Any) -> Session:
    session = make_session(workspace=cast.alpha, created_by=cast.alice)
    return publish(session, {**CONVERSATION, BEFORE: TEXT, CALL: FAILED, **more})


def test_failures_are_counted_in_the_header(cast: Cast, visitor: Client, sign_in: SignIn) -> None:
    session = failing(cast, **{f"{CALL}5": FAILED})
    members = f"/workspaces/{cast.alpha.slug}/sessions/{CLIENT_ID}/"
    assert "2 failed" in shown(visitor, f"/share/{make_share(session).pk}")
    assert "2 failed" in shown(sign_in(cast.carol), members)


def test_a_session_without_failures_says_nothing_of_them(cast: Cast, visitor: Client) -> None:
    session = publish(make_session(), CONVERSATION)
    assert " failed" not in shown(visitor, f"/share/{make_share(session).pk}")


def test_nothing_is_said_while_the_turns_are_to_be_counted(cast: Cast, visitor: Client) -> None:
    session = failing(cast)
    Session.objects.filter(pk=session.pk).update(turn_seq=1)
    assert " failed" not in shown(visitor, f"/share/{make_share(session).pk}")


def test_a_page_that_follows_is_told_of_new_failures(cast: Cast, visitor: Client) -> None:
    session = failing(cast)
    path = f"/share/{make_share(session).pk}/fragments?epoch={session.epoch}&k={INFO}:1"
    assert "1 failed" in visitor.get(path).json()["header"]["html"]
    publish(session, {f"{CALL}5": FAILED})
    assert "2 failed" in visitor.get(path).json()["header"]["html"]


def test_the_count_leads_to_the_first_failure(cast: Cast, visitor: Client, sign_in: SignIn) -> None:
    session = failing(cast, **{f"session/part/{CLIENT_ID}/msg_3/prt_1": FAILED})
    share = f"/share/{make_share(session).pk}"
    assert f'href="{share}?failed=first"' in visitor.get(share).content.decode()
    assert visitor.get(f"{share}?failed=first")["Location"] == f"{share}?at=msg_2#prt_4"
    members = f"/workspaces/{cast.alpha.slug}/sessions/{CLIENT_ID}/"
    assert sign_in(cast.carol).get(f"{members}?failed=first")["Location"] == f"{members}?at=msg_2#prt_4"


def test_a_message_that_failed_is_led_to_itself(cast: Cast, visitor: Client) -> None:
    content = {"id": "msg_1", "role": "assistant", "error": {"name": "APIError"}}
    session = publish(make_session(), {**CONVERSATION, FIRST: content})
    share = f"/share/{make_share(session).pk}"
    assert visitor.get(f"{share}?failed=first")["Location"] == f"{share}?at=msg_1#msg_1"


def test_without_failures_the_way_leads_to_the_page(cast: Cast, visitor: Client) -> None:
    share = f"/share/{make_share(publish(make_session(), CONVERSATION)).pk}"
    assert visitor.get(f"{share}?failed=first")["Location"] == share


def test_the_way_is_closed_when_the_share_has_ended(cast: Cast, visitor: Client) -> None:
    session = failing(cast)
    assert (
        visitor.get(f"/share/{make_share(session, revoked_at=session.created_at).pk}?failed=first").status_code == 404
    )

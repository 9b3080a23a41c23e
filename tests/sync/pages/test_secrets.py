"""What members see of the secrets in a session: how many of which kind, and this console's own keys to revoke."""

import json
from typing import Any

import pytest
from django.test import Client

from opencode.lib.actor import THE_CONSOLE
from sync.models import Session
from sync.sharing import findings
from tests.cast import Cast, SignIn
from tests.support.audit import last_audited
from tests.support.canaries import canary
from tests.support.transcripts import CLIENT_ID, CONVERSATION, FIRST_TEXT, SECOND_TEXT, make_session, publish
from tests.unit.sync.transcript.entries import text_of
from workspaces.models import APIKey
from workspaces.services.api_keys import api_key_create
from workspaces.services.share_tokens import share_token_create

pytestmark = pytest.mark.django_db
PAGE = f"/workspaces/alpha/sessions/{CLIENT_ID}/"


@pytest.fixture
def session(cast: Cast) -> Session:
    return publish(make_session(workspace=cast.alpha), CONVERSATION)


def says(session: Session, key: str, text: str) -> None:
    publish(session, {key: {"id": key[-5:], "type": "text", "text": text}})


def words(client: Client, query: str = "") -> str:
    return " ".join(text_of(client.get(PAGE + query).content.decode()).split())


def test_a_session_without_secrets_says_nothing_of_them(cast: Cast, session: Session, sign_in: SignIn) -> None:
    assert "hidden from link readers" not in words(sign_in(cast.carol))


def test_secrets_are_counted_by_kind_and_follow_what_changes(cast: Cast, session: Session, sign_in: SignIn) -> None:
    carol = sign_in(cast.carol)
    says(session, FIRST_TEXT, f"{canary()} and {canary()}, DB_PASSWORD=hunter22zz")
    page = words(carol)
    assert "3 secrets hidden from link readers" in page
    assert "GitHub token × 2 secret" in page
    says(session, SECOND_TEXT, canary())
    assert "4 secrets hidden" in words(carol)
    says(session, FIRST_TEXT, "nothing any more")
    assert "1 secret hidden" in words(carol)
    publish(session, {}, deleted=(SECOND_TEXT,))
    assert "hidden from link readers" not in words(carol)


def test_links_say_nothing_of_what_they_hide(cast: Cast, session: Session, sign_in: SignIn) -> None:
    says(session, FIRST_TEXT, canary())
    share = session.shares.create(secret_version=1)
    assert "hidden from link readers" not in Client().get(f"/share/{share.pk}").content.decode()


def test_a_long_session_is_counted_a_bounded_time_and_on_demand_to_the_end(
    cast: Cast, session: Session, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(session, {f"session/part/{CLIENT_ID}/msg_1/prt_{n}": {"text": canary()} for n in range(20)})
    monkeypatch.setattr("sync.store.stream.PIECE_ROWS", 10)
    monkeypatch.setattr("sync.pages.secrets.COUNT_SECONDS", 0)
    carol = sign_in(cast.carol)
    assert "At least 5 secrets hidden from link readers" in words(carol)
    assert "At least 15 secrets hidden from link readers" in words(carol)
    page = words(carol, "?secrets")
    assert "20 secrets hidden" in page
    assert "At least" not in page


def test_counting_ends_with_very_many(cast: Cast, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(session, {f"session/part/{CLIENT_ID}/msg_1/prt_{n}": {"text": canary()} for n in range(9)})
    monkeypatch.setattr("sync.store.stream.PIECE_ROWS", 3)
    monkeypatch.setattr(findings, "FOUND_ENTRIES", 3)
    found = findings.session_secrets(session, seconds=10)
    assert (found.total, found.is_complete) == (4, False)


# --- our own


def key_of(cast: Cast, person: Any) -> tuple[APIKey, str]:
    return api_key_create(
        workspace=cast.alpha, created_by=person, name="leaked one", scopes=["sync:read"], actor=THE_CONSOLE
    )


def test_its_person_revokes_a_key_from_the_page(cast: Cast, session: Session, sign_in: SignIn) -> None:
    key, secret = key_of(cast, cast.carol)
    says(session, FIRST_TEXT, f"curl -H 'Authorization: Bearer {secret}'")
    carol = sign_in(cast.carol)
    html = carol.get(PAGE).content.decode()
    address = f"/workspaces/alpha/keys/{key.pk}/revoke/"
    assert f'action="{address}"' in html
    assert secret[15:] not in json.dumps([str(found) for found in findings.session_secrets(session, seconds=1)])
    carol.post(address)
    key.refresh_from_db()
    assert key.revoked_at is not None
    told = last_audited(cast.alpha)
    assert (told["action"], told["actor"][1]) == ("key.revoke", cast.carol.pk)
    assert "leaked one" in words(carol)
    assert address not in carol.get(PAGE).content.decode()


def test_an_admin_may_and_another_member_may_not(cast: Cast, session: Session, sign_in: SignIn) -> None:
    key, secret = key_of(cast, cast.alice)
    token, tokens_secret = share_token_create(
        workspace=cast.alpha, created_by=cast.alice, name="leaked token", actor=THE_CONSOLE
    )
    says(session, FIRST_TEXT, f"{secret} {tokens_secret}")
    carols, bobs = (sign_in(person).get(PAGE).content.decode() for person in (cast.carol, cast.bob))
    for address in (f"/workspaces/alpha/keys/{key.pk}/revoke/", f"tokens/{token.pk}/revoke/"):
        assert address in bobs
        assert address not in carols
    assert "its owner or an admin can revoke it" in carols


def test_what_only_looks_like_one_or_is_another_workspaces_is_a_kind_only(
    cast: Cast, session: Session, sign_in: SignIn
) -> None:
    _, secret = api_key_create(
        workspace=cast.gamma, created_by=cast.charlie, name="gammas", scopes=["sync:read"], actor=THE_CONSOLE
    )
    mistyped = key_of(cast, cast.carol)[1][:-1] + "!"
    says(session, FIRST_TEXT, f"{secret} {mistyped}")
    html = sign_in(cast.alice).get(PAGE).content.decode()
    assert "console key" in html
    assert "gammas" not in html
    assert "leaked one" not in html

"""Leaked keys: found in a text by those who may know, ended by whoever has them."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import OutgoingMail
from opencode.lib.actor import SYSTEM, THE_CONSOLE
from opencode.lib.errors import CredentialsInvalid
from tests.cast import Cast, SignIn
from tests.support.audit import audited
from tests.workspaces.conftest import MakeKey, MakeToken
from tests.workspaces.test_memberships import Ear
from workspaces.access import key_access, share_token_access
from workspaces.keys.format import API_KEY_PREFIX, new_secret
from workspaces.models import APIKey
from workspaces.services.api_keys import api_key_revoke
from workspaces.services.leaks import leak_report
from workspaces.services.memberships import membership_leave
from workspaces.signals import api_key_revoked

pytestmark = pytest.mark.django_db
CHECK = "/workspaces/alpha/keys/check/"


@pytest.fixture(autouse=True)
def _no_reports_yet() -> None:
    cache.clear()


def report(*secrets: str, **fields: str) -> Any:
    """As a scanner sends it, with nothing that says who it is."""
    body = json.dumps({"secrets": list(secrets), **fields})
    return Client().post("/api/v1/leaks", body, content_type="application/json")


def test_a_reported_key_ends_at_once_with_what_it_holds_open(
    cast: Cast, make_key: MakeKey, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    key, secret = make_key(cast.carol)
    told = Ear(api_key_revoked)
    with django_capture_on_commit_callbacks(execute=True):
        assert report(secret).status_code == 202
    with pytest.raises(CredentialsInvalid):
        key_access(secret)
    assert [fact["key_id"] for fact in told.heard] == [key.pk]


def test_its_person_owners_and_admins_are_told_where_it_was(cast: Cast, make_key: MakeKey) -> None:
    _, secret = make_key(cast.carol)
    report(secret, source="https://example.com/paste")
    mails = OutgoingMail.objects.order_by("recipient")
    assert [each.recipient for each in mails] == [cast.alice.email, cast.bob.email, cast.carol.email]
    assert {each.subject for each in mails} == {"The API key laptop leaked and was revoked"}


def test_a_report_is_in_the_log(cast: Cast, make_key: MakeKey) -> None:
    key, secret = make_key(cast.carol)
    report(secret, source="alice@example.com's paste")
    (entry,) = audited(cast.alpha, "key.leak")
    assert (entry.actor_kind, entry.target_id, entry.ip) == (SYSTEM, key.pk, "127.0.0.1")
    assert "alice" not in entry.details


def test_a_share_token_is_ended_likewise(cast: Cast, make_token: MakeToken) -> None:
    token, secret = make_token()
    report(secret)
    with pytest.raises(CredentialsInvalid):
        share_token_access(secret)
    assert [entry.target_id for entry in audited(cast.alpha, "token.leak")] == [token.pk]


@pytest.mark.django_db(transaction=True)
def test_who_left_hears_nothing_of_the_token_they_made(cast: Cast, make_token: MakeToken) -> None:
    _, secret = make_token(created_by=cast.bob)
    membership_leave(membership=cast.membership(cast.bob), actor=THE_CONSOLE)
    report(secret)
    assert list(OutgoingMail.objects.values_list("recipient", flat=True)) == ["alice@example.com"]


def test_unknown_ended_and_malformed_strings_get_the_same_answer(cast: Cast, make_key: MakeKey) -> None:
    ended, ended_secret = make_key(cast.carol)
    api_key_revoke(key=ended, actor=THE_CONSOLE)
    secrets = [make_key(cast.carol)[1], ended_secret, new_secret(API_KEY_PREFIX), "oc_live_x", "anything"]
    answers = [report(secret) for secret in secrets]
    assert {(answer.status_code, answer.content) for answer in answers} == {(202, b'{"received": 1}')}
    assert len(audited(cast.alpha, "key.leak")) == 1


def test_reporting_twice_tells_once(cast: Cast, make_key: MakeKey) -> None:
    _, secret = make_key(cast.carol)
    report(secret, secret)
    report(secret)
    assert (len(audited(cast.alpha, "key.leak")), OutgoingMail.objects.count()) == (1, 3)


def test_a_key_hashed_under_an_older_version_is_found(cast: Cast, make_key: MakeKey, settings: Settings) -> None:
    _, secret = make_key(cast.carol)
    settings.OPENCODE_KEYRING = {**settings.OPENCODE_KEYRING, 99: b"a newer key of the tests, which everybody knows"}
    report(secret)
    assert APIKey.objects.get().revoked_at is not None


def test_reports_are_limited_by_address(settings: Settings) -> None:
    settings.LEAK_REPORTS_PER_MINUTE = 2
    answers = [report("oc_live_x") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert int(answers[-1]["Retry-After"]) > 0


def test_reports_from_a_network_of_ipv6_count_together(settings: Settings) -> None:
    settings.LEAK_REPORTS_PER_MINUTE = 2
    hosts = [Client(REMOTE_ADDR=f"2001:db8:0:7::{host}") for host in (1, 2, 3)]
    body = json.dumps({"secrets": ["oc_live_x"]})
    answers = [host.post("/api/v1/leaks", body, content_type="application/json").status_code for host in hosts]
    assert answers == [202, 202, 429]


def test_too_many_secrets_at_once_are_refused() -> None:
    assert report(*["oc_live_x"] * 21).status_code == 422


@pytest.mark.django_db(transaction=True)
def test_of_several_reports_at_once_one_revokes_and_tells(cast: Cast, make_key: MakeKey) -> None:
    _, secret = make_key(cast.carol)
    start = Barrier(4)

    def attempt(_: int) -> bool:
        start.wait()
        try:
            return leak_report(secret=secret, source="", ip=None, request_id="")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(attempt, range(4)))
    assert answers == [False, False, False, True]
    assert (len(audited(cast.alpha, "key.leak")), OutgoingMail.objects.count()) == (1, 3)


# --- the page


def checked(client: Client, text: str) -> str:
    answer = client.post(CHECK, {"text": text})
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_owner_of_a_key_finds_it_in_a_log_and_can_end_it_there(
    cast: Cast, sign_in: SignIn, make_key: MakeKey
) -> None:
    key, secret = make_key(cast.carol)
    shown = checked(sign_in(cast.carol), f'2026 GET /x "Authorization: Bearer {secret}", retry {secret}')
    assert ("Found 1" in shown, "laptop" in shown, f"/keys/{key.pk}/revoke/" in shown) == (True, True, True)
    assert secret not in shown


def test_a_member_learns_nothing_about_somebody_elses_key(cast: Cast, sign_in: SignIn, make_key: MakeKey) -> None:
    _, others = make_key(cast.bob, name="bobs-laptop")
    _, foreign = make_key(cast.charlie, workspace=cast.gamma, name="gammas-laptop")
    client = sign_in(cast.carol)
    shown = [checked(client, secret) for secret in (others, foreign, new_secret(API_KEY_PREFIX))]
    assert [("not one you have access to" in each, "-laptop" in each) for each in shown] == [(True, False)] * 3


def test_an_admin_sees_whose_key_it_is(cast: Cast, sign_in: SignIn, make_key: MakeKey) -> None:
    _, secret = make_key(cast.carol)
    assert cast.carol.email in checked(sign_in(cast.bob), secret)


def test_a_key_of_ones_other_workspace_is_known_too(cast: Cast, sign_in: SignIn, make_key: MakeKey) -> None:
    key, secret = make_key(cast.charlie, workspace=cast.gamma)
    answer = sign_in(cast.charlie).post("/workspaces/gamma/keys/check/", {"text": secret})
    assert f"/workspaces/gamma/keys/{key.pk}/revoke/" in answer.content.decode()


def test_a_member_sees_a_share_token_and_cannot_end_it(cast: Cast, sign_in: SignIn, make_token: MakeToken) -> None:
    token, secret = make_token()
    shown = [checked(sign_in(user), secret) for user in (cast.carol, cast.bob)]
    assert [("build server" in each, f"/tokens/{token.pk}/revoke/" in each) for each in shown] == [
        (True, False),
        (True, True),
    ]


def test_a_mistyped_key_is_told_offline(cast: Cast, sign_in: SignIn, make_key: MakeKey) -> None:
    _, secret = make_key(cast.carol)
    client = sign_in(cast.carol)
    checked(client, "nothing")
    with CaptureQueriesContext(connection) as none:
        checked(client, "nothing")
    with CaptureQueriesContext(connection) as queries:
        assert "checksum is wrong" in checked(client, secret[:-1])
    assert len(queries) == len(none)


def test_a_text_without_keys_says_so(cast: Cast, sign_in: SignIn) -> None:
    assert "Nothing found" in checked(sign_in(cast.carol), "sk-something-else")


def test_no_text_is_said_beside_the_field(cast: Cast, sign_in: SignIn) -> None:
    answer = sign_in(cast.carol).post(CHECK, {"text": ""})
    assert (answer.status_code, "errorlist" in answer.content.decode()) == (422, True)

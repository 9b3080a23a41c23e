"""An agent logs in: it gets codes, its person answers in the browser, it fetches tokens."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from pytest_django import Settings

from accounts.errors import DeviceCodeUnknown, OAuthRefusal
from accounts.models import Device, DeviceLogin, DeviceToken
from accounts.services.device_logins import (
    device_login_approve,
    device_login_deny,
    device_login_poll,
    device_login_start,
)
from accounts.services.devices import devices_purge
from tests.cast import Cast, SignIn
from tests.support.devices import AGENT, CLIENT_ID, AgentLogin
from tests.support.uses import uses_flush
from workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def answer(browser: Client, code: str, decision: str = "approve", **fields: str) -> Any:
    return browser.post("/device", {"user_code": code, "decision": decision, "name": "laptop", **fields})


def test_agent_gets_what_it_needs_to_send_its_person_to_the_browser() -> None:
    agent = AgentLogin()
    code = agent.start()
    assert agent.codes == {
        "device_code": agent.codes["device_code"],
        "user_code": code,
        "verification_uri": "http://127.0.0.1:8000/device",
        "verification_uri_complete": f"/device?user_code={code}",
        "expires_in": 600,
        "interval": 2,
    }


def test_codes_and_tokens_are_stored_as_hashes_only(cast: Cast, sign_in: SignIn) -> None:
    agent = AgentLogin()
    code = agent.start()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_devicelogin")
        waiting = str(cursor.fetchall())
    answer(sign_in(cast.carol), code)
    tokens = agent.poll()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_devicetoken")
        held = str(cursor.fetchall())
    secrets = [agent.codes["device_code"], code, code.replace("-", ""), tokens["access_token"], tokens["refresh_token"]]
    assert [secret for secret in secrets if str(secret) in waiting + held] == []
    assert DeviceToken.objects.get().hash_version == 1


def test_agent_waits_is_let_in_and_is_its_person(cast: Cast, sign_in: SignIn) -> None:
    agent = AgentLogin(address="192.0.2.7")
    code = agent.start()
    assert agent.poll()["error"] == "authorization_pending"
    assert "Agent connected" in answer(sign_in(cast.carol), code).content.decode()
    tokens = agent.poll()
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 3600)
    asked = agent.get("/api/user", tokens["access_token"])
    assert asked.json() == {"id": cast.carol.pk, "email": cast.carol.email}
    uses_flush()
    device = Device.objects.get()
    assert (device.user, device.name, device.agent) == (cast.carol, "laptop", AGENT)
    assert (device.created_ip, device.last_used_ip) == ("192.0.2.7", "192.0.2.7")


def test_every_refusal_says_its_error_and_describes_it(cast: Cast, sign_in: SignIn) -> None:
    agent = AgentLogin()
    code = agent.start()
    refusals = [agent.poll()]
    answer(sign_in(cast.carol), code, "deny")
    refusals += [agent.poll(), agent.poll(), agent.refresh("oc_ref_guess")]
    assert [refusal["error"] for refusal in refusals] == [
        "authorization_pending",
        "access_denied",
        "expired_token",
        "invalid_grant",
    ]
    assert all(refusal["error_description"] for refusal in refusals)


def test_who_asks_too_often_is_told_to_slow_down() -> None:
    agent = AgentLogin()
    with time_machine.travel(NOW, tick=False) as clock:
        agent.start()
        polls = [agent.poll()["error"] for _ in range(2)]
        clock.shift(2)
        assert [*polls, agent.poll()["error"]] == ["authorization_pending", "slow_down", "authorization_pending"]


def test_code_runs_out_for_both_sides(cast: Cast, sign_in: SignIn) -> None:
    agent = AgentLogin()
    with time_machine.travel(NOW, tick=False) as clock:
        code = agent.start()
        clock.shift(601)
        page = sign_in(cast.carol).get("/device", {"user_code": code})
        assert agent.poll()["error"] == "expired_token"
    assert page.status_code == 422
    assert "has expired" in page.content.decode()


def test_tokens_are_given_once(cast: Cast, sign_in: SignIn) -> None:
    agent = AgentLogin()
    answer(sign_in(cast.carol), agent.start())
    assert "access_token" in agent.poll()
    assert agent.poll()["error"] == "expired_token"


def test_second_answer_to_a_code_changes_nothing(cast: Cast, sign_in: SignIn) -> None:
    agent = AgentLogin()
    code = agent.start()
    answer(sign_in(cast.carol), code, "deny")
    late = answer(sign_in(cast.bob), code)
    assert late.status_code == 422
    assert agent.poll()["error"] == "access_denied"
    assert not Device.objects.exists()


def test_person_who_was_ended_between_answer_and_fetch_lets_nobody_in(cast: Cast, sign_in: SignIn) -> None:
    agent = AgentLogin()
    answer(sign_in(cast.carol), agent.start())
    cast.carol.is_active = False
    cast.carol.save()
    assert agent.poll()["error"] == "access_denied"


def test_login_is_in_the_log_of_each_of_the_persons_workspaces_and_no_other(cast: Cast, sign_in: SignIn) -> None:
    agent = AgentLogin(address="192.0.2.7")
    answer(sign_in(cast.carol), agent.start())
    agent.poll()
    (entry,) = AuditEntry.objects.filter(action="device.login")
    device = Device.objects.get()
    assert (entry.workspace, entry.actor_kind, entry.actor_id) == (cast.alpha, "person", cast.carol.pk)
    assert (entry.target_id, entry.ip) == (device.pk, "192.0.2.7")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "invalid_request"),
        (b"[]", "invalid_request"),
        (b"[" * 9000, "invalid_request"),
        (b'{"client_id": "somebody"}', "invalid_client"),
        (json.dumps({"client_id": CLIENT_ID, "grant_type": "password"}).encode(), "unsupported_grant_type"),
        (json.dumps({"client_id": CLIENT_ID, "grant_type": "refresh_token"}).encode(), "invalid_request"),
    ],
)
def test_body_of_another_shape_is_refused_in_oauths_words(body: bytes, error: str) -> None:
    response = Client().post("/auth/device/token", body, content_type="text/plain")
    assert (response.status_code, response.json()["error"]) == (400, error)
    assert response["Cache-Control"] == "no-store"


def test_codes_are_limited_by_address(settings: Settings) -> None:
    settings.DEVICE_CODES_PER_MINUTE = 2
    agents = [AgentLogin(address=f"192.0.2.{number}") for number in (1, 1, 1, 2)]
    with time_machine.travel(NOW, tick=False):
        answers = [agent.post("/auth/device/code", client_id=CLIENT_ID) for agent in agents]
    assert [response.status_code for response in answers] == [200, 200, 429, 200]
    assert answers[2].json()["error"]["code"] == "too_many_requests"
    assert answers[2]["Retry-After"]


def test_a_network_of_ipv6_is_one_address(settings: Settings) -> None:
    settings.DEVICE_CODES_PER_MINUTE = 2
    agents = [AgentLogin(address=f"2001:db8:0:{network}::{host}") for network, host in ((1, 1), (1, 2), (1, 3), (2, 1))]
    with time_machine.travel(NOW, tick=False):
        answers = [agent.post("/auth/device/code", client_id=CLIENT_ID).status_code for agent in agents]
    assert answers == [200, 200, 429, 200]


def test_person_has_only_so_many_devices(cast: Cast, sign_in: SignIn, settings: Settings) -> None:
    settings.DEVICES_OF_ONE_PERSON = 1
    first, second = AgentLogin(), AgentLogin()
    answer(sign_in(cast.carol), first.start())
    first.poll()
    refused = answer(sign_in(cast.carol), second.start())
    assert refused.status_code == 422
    assert "as many signed-in devices" in refused.content.decode()


@pytest.mark.django_db(transaction=True)
def test_of_questions_at_the_same_time_one_gets_tokens(cast: Cast) -> None:
    started = device_login_start(ip=None, user_agent=AGENT)
    device_login_approve(user_code=started.user_code, user=cast.carol, name="laptop", first_workspace_id="")
    barrier = Barrier(4)

    def ask(_: int) -> str:
        barrier.wait()
        try:
            device_login_poll(device_code=started.device_code, ip=None, user_agent=AGENT, request_id="r")
        except OAuthRefusal as refusal:
            return refusal.error
        finally:
            connection.close()
        return "tokens"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(ask, range(4))) == ["expired_token"] * 3 + ["tokens"]
    assert Device.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_answers_at_the_same_time_one_counts(cast: Cast) -> None:
    started = device_login_start(ip=None, user_agent=AGENT)
    barrier = Barrier(4)

    def deny(_: int) -> str:
        barrier.wait()
        try:
            device_login_deny(user_code=started.user_code, user=cast.carol)
        except DeviceCodeUnknown as unknown:
            return unknown.code
        finally:
            connection.close()
        return "denied"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(deny, range(4))) == ["denied"] + ["device_code_unknown"] * 3


def test_codes_that_ran_out_are_forgotten() -> None:
    device_login_start(ip=None, user_agent=AGENT)
    later = datetime.now(UTC) + timedelta(seconds=601)
    devices_purge(now=later)
    assert not DeviceLogin.objects.exists()

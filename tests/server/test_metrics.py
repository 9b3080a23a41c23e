"""`/metrics` tells Prometheus how the process does, and tells nobody else anything."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from accounts.models import OutgoingMail
from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from opencode.server import metrics
from sync.errors import WriterBusy
from sync.live.runtime import stop_runtime
from sync.models import Session
from sync.writer import Writer
from tests.architecture.world import SESSION, World, make_world
from tests.support.asgi_http import asgi_client
from tests.support.asgi_socket import ASGISocket
from workspaces.services.api_keys import api_key_create

TOKEN = "a token of the metrics' own"
ELSEWHERE = "203.0.113.7"
Numbers = dict[tuple[str, ...], float]


def numbers() -> Numbers:
    """Every sample of ours: its name and the values of its labels, in the order of their names."""
    families = text_string_to_metric_families(metrics.metrics_text().decode())
    samples = [sample for family in families for sample in family.samples if sample.name.startswith("opencode_")]
    return {(one.name, *(one.labels[name] for name in sorted(one.labels))): one.value for one in samples}


def more(before: Numbers, after: Numbers) -> Numbers:
    """What was counted in between."""
    return {name: value - before.get(name, 0) for name, value in after.items() if value != before.get(name, 0)}


# --- who may read


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_this_machine_reads_them(address: str) -> None:
    response = Client(REMOTE_ADDR=address).get("/metrics")
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain")
    assert b"opencode_open_sockets 0.0" in response.content


@pytest.mark.django_db
@pytest.mark.parametrize("address", [ELSEWHERE, "10.0.0.7", "", "unix"])
def test_from_elsewhere_there_is_nothing(address: str) -> None:
    assert Client(REMOTE_ADDR=address).get("/metrics").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_whom_a_proxy_on_this_machine_asks_for_gets_nothing(header: str) -> None:
    assert Client(headers={header: ELSEWHERE}).get("/metrics").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("address", [ELSEWHERE, "127.0.0.1"])
def test_token_opens_them_from_anywhere_and_nothing_else_does(settings: Settings, address: str) -> None:
    settings.METRICS_TOKEN = TOKEN
    sent = [{"Authorization": f"Bearer {word}"} for word in (TOKEN, "guess", "", "é")]
    answers = [Client(REMOTE_ADDR=address, headers=headers).get("/metrics") for headers in [*sent, {}]]
    assert [answer.status_code for answer in answers] == [200, 404, 404, 404, 404]
    assert TOKEN not in answers[0].content.decode()


@pytest.mark.django_db
def test_connection_is_not_kept_so_that_the_next_answer_is_of_another_process() -> None:
    assert Client().get("/metrics")["Connection"] == "close"


# --- what the database knows


@pytest.mark.django_db
def test_snapshots_that_are_due_and_mails_that_wait_are_told() -> None:
    world, now = make_world(), utc_now()
    Session.objects.filter(client_id=SESSION).update(snapshot_due_at=now - timedelta(seconds=100))
    Session.objects.exclude(client_id=SESSION).update(snapshot_due_at=now + timedelta(seconds=100))
    OutgoingMail.objects.all().delete()
    assert world.names
    for state, due_at in ((OutgoingMail.State.WAITING, now), (OutgoingMail.State.SENT, None)):
        OutgoingMail.objects.create(recipient="a@example.com", state=state, due_at=due_at)
    told = numbers()
    assert 100 <= told[("opencode_snapshot_lag_seconds",)] < 110
    assert told[("opencode_mails_waiting",)] == 1


@pytest.mark.django_db
def test_nothing_due_is_no_lag() -> None:
    Session.objects.all().delete()
    assert numbers()[("opencode_snapshot_lag_seconds",)] == 0


def test_database_that_is_away_leaves_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**_: object) -> float:
        raise OperationalError(2002, "gone")

    monkeypatch.setattr(metrics, "snapshot_lag_seconds", away)
    told = numbers()
    assert told[("opencode_snapshot_lag_seconds",)] != told[("opencode_snapshot_lag_seconds",)]
    assert told[("opencode_hubs",)] == 0


# --- what the process counts


@pytest.fixture
async def world(transactional_db: None) -> AsyncIterator[World]:
    yield await sync_to_async(make_world)()
    await stop_runtime()


async def ask(method: str, path: str, **options: Any) -> int:
    async with asgi_client(address=ELSEWHERE, host="127.0.0.1:8000") as http:
        return (await http.request(method, path, **options)).status_code


async def told() -> Numbers:
    return await sync_to_async(numbers)()


async def test_requests_are_counted_by_method_kind_of_route_and_status(world: World) -> None:
    before = await told()
    await ask("GET", "/healthz")
    await ask("GET", "/metrics")
    await ask("GET", "/static/nothing.css")
    await ask("GET", "/api/v1/me")
    await ask("GET", "/admin/nothing/")
    await ask("GET", "/docs/errors")
    await ask("POST", f"/api/share/{world.names['share']}/sync", json={"sessionID": SESSION, "data": []})
    await ask("GET", f"/sync/v1/sessions/{SESSION}/entries")
    await ask("BREW", "/docs/errors")
    counted = {name[1:]: count for name, count in more(before, await told()).items() if "requests" in name[0]}
    assert counted == {
        ("GET", "health", "200"): 1,
        ("GET", "health", "404"): 1,
        ("GET", "static", "404"): 1,
        ("GET", "api", "401"): 1,
        ("GET", "admin", "302"): 1,
        ("GET", "page", "200"): 1,
        ("POST", "agent", "401"): 1,
        ("GET", "sync", "401"): 1,
        ("other", "page", "403"): 1,
    }


def writer_of(world: World, scope: str = "sync:write") -> dict[str, str]:
    alpha, alice = world.cast.alpha, world.cast.alice
    _, secret = api_key_create(workspace=alpha, created_by=alice, name="k", scopes=[scope], actor=THE_CONSOLE)
    return {"authorization": f"Bearer {secret}"}


async def test_kept_publish_is_counted_with_the_time_it_took(world: World) -> None:
    headers, before = await sync_to_async(writer_of)(world), await told()
    async with ASGISocket(f"/sync/v1/sessions/{SESSION}", headers) as socket:
        await socket.publish("one", f"session/info/{SESSION}", {"title": "x"})
        await socket.frame("ack")
        open_now = await told()
    counted = more(before, open_now)
    assert counted[("opencode_publishes_total",)] == 1
    assert counted[("opencode_acknowledgement_seconds_count",)] == 1
    assert 0 < counted[("opencode_acknowledgement_seconds_sum",)] < 10
    assert (open_now[("opencode_open_sockets",)], open_now[("opencode_hubs",)]) == (1, 1)
    assert open_now[("opencode_writer_queue_bytes",)] == 0
    assert (await told())[("opencode_open_sockets",)] == 0


async def test_refused_publish_is_counted_by_its_code(world: World, settings: Settings) -> None:
    headers, before = await sync_to_async(writer_of)(world), await told()
    reading = await sync_to_async(writer_of)(world, "sync:read")
    settings.SYNC_KEY_PUBLISHES_PER_SECOND = 1
    settings.SYNC_SESSION_ENTRIES = 0
    async with ASGISocket(f"/sync/v1/sessions/{SESSION}", headers) as socket:
        for operation in ("one", "two", "three", "four"):
            await socket.publish(operation, f"session/part/{SESSION}/msg_1/{operation}", 1)
        codes = {(await socket.frame("error"))["code"] for _ in range(4)}
    async with ASGISocket(f"/sync/v1/sessions/{SESSION}", reading) as socket:
        await socket.publish("five", f"session/info/{SESSION}", 1)
        codes.add((await socket.frame("error"))["code"])
    counted = {name[1]: count for name, count in more(before, await told()).items() if "refused" in name[0]}
    assert set(counted) == codes == {"session_full", "too_many_requests", "publish_forbidden"}
    assert counted["session_full"] + counted["too_many_requests"] == 4


async def test_full_queue_is_counted_as_its_refusal(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise WriterBusy(retry_after=1)

    headers, before = await sync_to_async(writer_of)(world), await told()
    monkeypatch.setattr(Writer, "submit", full)
    async with ASGISocket(f"/sync/v1/sessions/{SESSION}", headers) as socket:
        await socket.publish("one", f"session/info/{SESSION}", 1)
        assert (await socket.frame("error"))["code"] == "writer_busy"
    counted = more(before, await told())
    assert counted[("opencode_refused_publishes_total", "writer_busy")] == 1
    assert ("opencode_publishes_total",) not in counted


async def test_no_label_holds_an_id_or_a_secret(world: World) -> None:
    names = world.names
    await ask("GET", f"/share/{names['share']}", headers={"Authorization": f"Bearer {world.share_secret}"})
    await ask("GET", f"/w/{world.alphas_token}/api/share/{names['share']}/data")
    await ask("GET", f"/workspaces/alpha/sessions/{SESSION}/?email=alice@example.com")
    text = (await sync_to_async(metrics.metrics_text)()).decode()
    labels = set(re.findall(r'[{,](\w+)="', "\n".join(re.findall(r"^opencode_.*$", text, re.MULTILINE))))
    assert labels <= {"method", "route", "status", "code", "le"}
    told_of = [names["share"], world.share_secret, world.alphas_token, SESSION, "alpha", "alice"]
    assert [word for word in told_of if word in text] == []

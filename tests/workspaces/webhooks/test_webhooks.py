"""Webhooks from the act that is told to the program that is told, and what happens when it does not listen."""

import json
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import transaction
from standardwebhooks import Webhook

from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from opencode.lib.errors import Forbidden
from sync.models import Session
from sync.sharing import share_create, share_link_create
from tests.cast import Cast, acting
from tests.support.audit import audited
from tests.support.hooks import Receiver, receiving, status
from workspaces.errors import WebhookLimitReached, WebhookOff
from workspaces.models import Membership, Role, WebhookDelivery, WebhookEndpoint
from workspaces.services import webhook_sending
from workspaces.services.blocks import workspace_block
from workspaces.services.webhook_endpoints import (
    webhook_change,
    webhook_create,
    webhook_delete,
    webhook_rotate,
    webhook_test,
)
from workspaces.services.webhook_redelivery import delivery_repeat
from workspaces.services.webhook_sending import deliveries_purge, deliveries_send
from workspaces.webhooks import EVENTS, INVITATION_ACCEPTED, SESSION_SHARED, webhook_event
from workspaces.webhooks.limits import ENDPOINT_LIMIT, KEPT, OFF_AFTER, PAUSES, WAITING_LIMIT

pytestmark = pytest.mark.django_db(transaction=True)
DATA = {"session": "ses_1"}


@pytest.fixture(autouse=True)
def private(settings: LazySettings) -> None:
    settings.OUTBOUND_PRIVATE = True


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def endpoint(cast: Cast, receiver: Receiver) -> WebhookEndpoint:
    return made(cast, receiver.url)[0]


def made(cast: Cast, url: str, *events: str) -> tuple[WebhookEndpoint, str]:
    return webhook_create(workspace=cast.alpha, url=url, events=events or list(EVENTS), actor=acting(cast.bob))


def happen(cast: Cast, kind: str = SESSION_SHARED) -> None:
    with transaction.atomic():
        webhook_event(workspace_id=cast.alpha.pk, kind=kind, data=DATA)


def send(after: timedelta = timedelta(seconds=1)) -> int:
    return deliveries_send(now=utc_now() + after)


def states(endpoint: WebhookEndpoint) -> list[str]:
    return [delivery.state for delivery in endpoint.deliveries.order_by("pk")]


def test_event_arrives_signed_once(cast: Cast, receiver: Receiver) -> None:
    endpoint, secret = made(cast, receiver.url)
    happen(cast)
    assert send() == 1
    assert send() == 0
    (got,) = receiver.received
    told: Any = Webhook(secret).verify(got.body, got.headers)
    assert (told["type"], told["data"]) == (SESSION_SHARED, DATA)
    assert datetime.fromisoformat(told["timestamp"]).tzinfo is not None
    assert got.headers["content-type"] == "application/json"
    assert states(endpoint) == ["delivered"]


def test_endpoint_hears_only_what_it_asked_for(cast: Cast, receiver: Receiver) -> None:
    made(cast, receiver.url, INVITATION_ACCEPTED)
    happen(cast)
    assert send() == 0
    happen(cast, INVITATION_ACCEPTED)
    assert send() == 1


def test_event_that_is_rolled_back_is_not_told(cast: Cast, endpoint: WebhookEndpoint) -> None:
    with transaction.atomic():
        webhook_event(workspace_id=cast.alpha.pk, kind=SESSION_SHARED, data=DATA)
        transaction.set_rollback(True)
    assert states(endpoint) == []


def test_other_workspaces_events_are_not_told(cast: Cast, endpoint: WebhookEndpoint) -> None:
    with transaction.atomic():
        webhook_event(workspace_id=cast.gamma.pk, kind=SESSION_SHARED, data=DATA)
    assert states(endpoint) == []


def test_people_and_agents_that_share_a_session_are_told_of(cast: Cast, endpoint: WebhookEndpoint) -> None:
    session = Session.objects.create(client_id="ses_1", owner_key=cast.alpha.pk, workspace=cast.alpha)
    share = share_link_create(session=session, actor=acting(cast.carol))
    agents = share_create(
        client_id="ses_2", workspace_id=cast.alpha.pk, is_local=False, client_address="192.0.2.1", actor=THE_CONSOLE
    )
    told = [json.loads(each.body) for each in endpoint.deliveries.order_by("pk")]
    assert [each["data"]["session"] for each in told] == ["ses_1", "ses_2"]
    assert [each["data"]["share"] for each in told] == [share.pk, agents.id]
    assert told[0]["data"]["url"].endswith(f"/share/{share.pk}")


@pytest.mark.parametrize("answer", [status(500), status(302, location="http://127.0.0.1/"), status(404)])
def test_refused_delivery_comes_again_after_growing_pauses_and_is_given_up(
    cast: Cast, receiver: Receiver, endpoint: WebhookEndpoint, answer: Any
) -> None:
    receiver.answer = answer
    happen(cast)
    at = timedelta(seconds=1)
    for pause in PAUSES:
        assert send(at) == 0
        assert states(endpoint) == ["waiting"]
        assert deliveries_send(now=utc_now() + at + pause - timedelta(seconds=2)) == 0
        at += pause + timedelta(seconds=2)
    before = len(receiver.received)
    send(at)
    assert states(endpoint) == ["failed"]
    assert before == len(PAUSES)
    assert len({each.headers["webhook-id"] for each in receiver.received}) == 1
    assert len({each.body for each in receiver.received}) == 1


def test_delivery_that_failed_arrives_later_and_says_how_it_went(
    cast: Cast, receiver: Receiver, endpoint: WebhookEndpoint
) -> None:
    receiver.answer = status(503)
    happen(cast)
    send()
    endpoint.refresh_from_db()
    assert endpoint.failing_since is not None
    receiver.answer = status(200)
    send(PAUSES[0] + timedelta(seconds=2))
    endpoint.refresh_from_db()
    assert endpoint.failing_since is None
    assert [line[1] for line in endpoint.deliveries.get().log] == [503, 200]


def test_endpoint_that_is_gone_is_turned_off_and_audited(
    cast: Cast, receiver: Receiver, endpoint: WebhookEndpoint
) -> None:
    receiver.answer = status(410)
    happen(cast)
    happen(cast)
    send()
    endpoint.refresh_from_db()
    assert endpoint.off_at is not None
    assert states(endpoint) == ["failed", "failed"]
    assert [entry.actor_kind for entry in audited(cast.alpha, "webhook.off")] == ["system"]
    happen(cast)
    assert len(states(endpoint)) == 2


def test_endpoint_that_took_nothing_for_days_is_turned_off(
    cast: Cast, receiver: Receiver, endpoint: WebhookEndpoint
) -> None:
    receiver.answer = status(500)
    happen(cast)
    send()
    happen(cast)
    send(OFF_AFTER + timedelta(minutes=1))
    endpoint.refresh_from_db()
    assert endpoint.off_reason == "It took nothing for 5 days."


def test_slow_endpoint_holds_up_no_other(
    cast: Cast, receiver: Receiver, endpoint: WebhookEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_sending, "ATTEMPT_SECONDS", 1)
    dead, _ = made(cast, "http://127.0.0.1:9/")
    for _ in range(5):
        happen(cast)
    assert send() == 5
    assert states(endpoint) == ["delivered"] * 5
    assert states(dead) == ["waiting"] * 5
    # Its other events wait for their own attempts: each was tried once at most.
    assert max(delivery.attempts for delivery in dead.deliveries.all()) == 1


def test_one_endpoint_gets_its_events_one_after_the_other(
    cast: Cast, receiver: Receiver, endpoint: WebhookEndpoint
) -> None:
    under_way, most = threading.Semaphore(1), []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        most.append(under_way.acquire(blocking=False))
        time.sleep(0.05)
        status(200)(handler)
        under_way.release()

    receiver.answer = answer
    for _ in range(5):
        happen(cast)
    assert send() == 5
    assert most == [True] * 5
    order = [each.event_id for each in endpoint.deliveries.order_by("pk")]
    assert [each.headers["webhook-id"] for each in receiver.received] == order


def test_workspace_that_is_blocked_or_deleted_tells_nobody(
    cast: Cast, receiver: Receiver, endpoint: WebhookEndpoint
) -> None:
    happen(cast)
    workspace_block(workspace=cast.alpha, actor=THE_CONSOLE)
    assert send() == 0
    assert receiver.received == []


def test_rotation_signs_with_both_secrets_for_a_day(cast: Cast, receiver: Receiver) -> None:
    endpoint, former = made(cast, receiver.url)
    new = webhook_rotate(endpoint=endpoint, actor=acting(cast.bob))
    happen(cast)
    send()
    happen(cast)
    send(timedelta(hours=25))
    both, only = receiver.received
    assert len(both.headers["webhook-signature"].split()) == 2
    for secret in (new, former):
        assert Webhook(secret).verify(both.body, both.headers)
    assert len(only.headers["webhook-signature"].split()) == 1


def test_redelivery_sends_the_same_event_again(cast: Cast, receiver: Receiver, endpoint: WebhookEndpoint) -> None:
    happen(cast)
    send()
    delivery = endpoint.deliveries.get()
    assert delivery_repeat(delivery=delivery, actor=acting(cast.bob))
    assert not delivery_repeat(delivery=delivery, actor=acting(cast.bob))
    send()
    first, second = receiver.received
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])


def test_what_is_off_gets_nothing_until_it_is_on_again(
    cast: Cast, receiver: Receiver, endpoint: WebhookEndpoint
) -> None:
    happen(cast)
    off = webhook_change(
        endpoint=endpoint, url=receiver.url, events=list(EVENTS), is_on=False, actor=acting(cast.alice)
    )
    assert states(endpoint) == ["failed"]
    with pytest.raises(WebhookOff):
        delivery_repeat(delivery=endpoint.deliveries.get(), actor=acting(cast.bob))
    webhook_change(endpoint=off, url=receiver.url, events=list(EVENTS), is_on=True, actor=acting(cast.alice))
    webhook_test(endpoint=endpoint, actor=acting(cast.alice))
    assert send() == 1
    assert json.loads(receiver.received[0].body)["type"] == "webhook.test"


def test_rights_are_asked_again_under_the_lock(cast: Cast, endpoint: WebhookEndpoint) -> None:
    Membership.objects.filter(user=cast.bob).update(role=Role.MEMBER)
    for act in (webhook_rotate, webhook_delete, webhook_test):
        with pytest.raises(Forbidden):
            act(endpoint=endpoint, actor=acting(cast.bob))
    assert WebhookEndpoint.objects.filter(pk=endpoint.pk).exists()


def test_endpoints_and_queues_are_bounded(cast: Cast, endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    for _ in range(ENDPOINT_LIMIT - 1):
        made(cast, receiver.url)
    with pytest.raises(WebhookLimitReached):
        made(cast, receiver.url)
    rows = [WebhookDelivery(endpoint=endpoint, event_id="evt", kind="x", body="{}")] * WAITING_LIMIT
    WebhookDelivery.objects.bulk_create(rows)
    happen(cast)
    assert endpoint.deliveries.count() == WAITING_LIMIT


def test_old_deliveries_are_purged_and_those_that_wait_are_not(
    cast: Cast, receiver: Receiver, endpoint: WebhookEndpoint
) -> None:
    happen(cast)
    send()
    happen(cast)
    assert deliveries_purge(now=utc_now() + KEPT + timedelta(minutes=1)) == 1
    assert states(endpoint) == ["waiting"]


def test_secret_is_sealed_in_the_database(cast: Cast, receiver: Receiver) -> None:
    endpoint, secret = made(cast, receiver.url)
    assert secret.removeprefix("whsec_") not in endpoint.secret

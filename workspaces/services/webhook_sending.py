"""Posts what is due, some endpoints at once, so that slow ones hold up no other, and one endpoint's in their order."""

import http.client
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, Final, NamedTuple

import structlog
from django.db import transaction
from django.db.models import F

from opencode.lib.actor import THE_CONSOLE
from opencode.lib.due import DueMark, Lease, pause_after
from opencode.lib.outbound import OutboundRefused, post
from opencode.lib.sealing import unseal
from workspaces.models import WebhookDelivery, WebhookEndpoint
from workspaces.services.audit import audit_record
from workspaces.services.webhook_endpoints import SEAL, drop_waiting
from workspaces.webhooks.limits import ATTEMPT_SECONDS, KEPT, OFF_AFTER, PAUSES
from workspaces.webhooks.signing import signed_headers

log = structlog.get_logger(__name__)
MARK: Final = DueMark(WebhookDelivery, "due_at", lease=PAUSES[1])
SWEEP_DELIVERIES: Final = 200
AT_ONCE: Final = 8
LOGGED_ATTEMPTS: Final = 10
_SUCCESS: Final = range(200, 300)
_GONE: Final = 410


class Attempt(NamedTuple):
    """What an attempt came to: the answer's status, or 0 and the error; `ms` is how long it took."""

    status: int
    error: str
    ms: int

    @property
    def is_success(self) -> bool:
        return self.status in _SUCCESS


def deliveries_send(*, now: datetime) -> int:
    """Post what is due, one an endpoint and round, until a round finds nothing more; returns how many arrived.

    Each round takes at most about ATTEMPT_SECONDS, and there are as many rounds as fit into two of them.
    """
    arrived, until = 0, time.monotonic() + 2 * ATTEMPT_SECONDS
    with ThreadPoolExecutor(AT_ONCE, "webhooks") as pool:
        while leases := _take(now):
            deliveries = _deliveries(leases)
            # Threads only talk to the network: they open no connections to the database.
            attempts = pool.map(_attempt, [delivery_request(each, now) for each in deliveries])
            results = zip(leases, deliveries, attempts, strict=True)
            arrived += sum(_settle(lease, delivery, attempt, now) for lease, delivery, attempt in results)
            if time.monotonic() > until:
                break
    return arrived


def deliveries_purge(*, now: datetime) -> int:
    """Delete deliveries that ended KEPT ago; returns how many."""
    removed, _ = WebhookDelivery.objects.filter(ended_at__lte=now - KEPT).delete()
    return removed


class Request(NamedTuple):
    url: str
    body: bytes
    headers: dict[str, str]


def delivery_request(delivery: WebhookDelivery, now: datetime) -> Request:
    """What is posted for the delivery at `now`, signed by the secrets in force."""
    endpoint = delivery.endpoint
    sealed = [endpoint.secret]
    if endpoint.former_until is not None and endpoint.former_until > now:
        sealed.append(endpoint.former_secret)
    body = delivery.body.encode()
    signed = signed_headers(delivery.event_id, int(now.timestamp()), body, [unseal(SEAL, each) for each in sealed])
    return Request(endpoint.url, body, {"content-type": "application/json", "user-agent": "opencode-console", **signed})


def _take(now: datetime) -> list[Lease[WebhookDelivery]]:
    """Lease the first due delivery of up to AT_ONCE endpoints that are on, in workspaces that are open."""
    due = MARK.rows(now=now).filter(
        endpoint__off_at=None, endpoint__workspace__deleted_at=None, endpoint__workspace__blocked_at=None
    )
    first: dict[str, int] = {}
    for pk, endpoint_id in due.values_list("pk", "endpoint_id")[:SWEEP_DELIVERIES]:
        first.setdefault(endpoint_id, pk)
    taken = (MARK.take(pk, now=now, attempts=F("attempts") + 1) for pk in list(first.values())[:AT_ONCE])
    return [lease for lease in taken if lease is not None]


def _deliveries(leases: list[Lease[WebhookDelivery]]) -> list[WebhookDelivery]:
    rows = WebhookDelivery.objects.select_related("endpoint").in_bulk([lease.pk for lease in leases])
    return [rows[lease.pk] for lease in leases]


def _attempt(request: Request) -> Attempt:
    began = time.monotonic()
    status, error = 0, ""
    try:
        status = post(request.url, request.body, request.headers, seconds=ATTEMPT_SECONDS)
    except OutboundRefused as refused:
        error = str(refused)
    except (OSError, http.client.HTTPException) as failure:
        error = f"{type(failure).__name__}: {failure}"[:200]
    return Attempt(status, error, round((time.monotonic() - began) * 1000))


def _settle(lease: Lease[WebhookDelivery], delivery: WebhookDelivery, attempt: Attempt, now: datetime) -> bool:
    """Record the attempt; True when it arrived. Records nothing when another worker has taken the delivery over."""
    lines: list[Any] = [*delivery.log, [now.isoformat(), attempt.status, attempt.error, attempt.ms]]
    kept = lines[-LOGGED_ATTEMPTS:]
    if attempt.is_success:
        lease.release(due_at=None, state=WebhookDelivery.State.DELIVERED, ended_at=now, log=kept)
        WebhookEndpoint.objects.filter(pk=delivery.endpoint_id).exclude(failing_since=None).update(failing_since=None)
        return True
    pause = pause_after(delivery.attempts, PAUSES)
    if pause is None:
        lease.release(due_at=None, state=WebhookDelivery.State.FAILED, ended_at=now, log=kept)
    else:
        lease.release(due_at=now + pause, log=kept)
    _note_failure(delivery.endpoint_id, attempt, now)
    log.warning("webhook_delayed", endpoint=delivery.endpoint_id, delivery=delivery.pk, status=attempt.status)
    return False


def _note_failure(endpoint_id: str, attempt: Attempt, now: datetime) -> None:
    """Turn the endpoint off when it says that it is gone for good, or took nothing for OFF_AFTER."""
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.select_for_update().filter(pk=endpoint_id, off_at=None).first()
        if endpoint is None:
            return
        endpoint.failing_since = endpoint.failing_since or now
        is_gone = attempt.status == _GONE
        if is_gone or now - endpoint.failing_since >= OFF_AFTER:
            endpoint.off_at = now
            endpoint.off_reason = "It answered 410 Gone." if is_gone else f"It took nothing for {OFF_AFTER.days} days."
            drop_waiting(endpoint)
        endpoint.save(update_fields=["failing_since", "off_at", "off_reason"])
        if endpoint.off_at is not None:
            audit_record(
                workspace_id=endpoint.workspace_id,
                actor=THE_CONSOLE,
                action="webhook.off",
                target_id=endpoint.pk,
                details={"why": endpoint.off_reason},
            )

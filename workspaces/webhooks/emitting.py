"""Writes what is to be sent, in the transaction of what happened: neither is there without the other."""

import json
from collections.abc import Mapping
from typing import Any

import structlog

from opencode.lib.clock import utc_now
from opencode.lib.ids import new_id
from workspaces.models import WebhookDelivery, WebhookEndpoint
from workspaces.webhooks.events import EVENTS
from workspaces.webhooks.limits import WAITING_LIMIT

log = structlog.get_logger(__name__)


def webhook_event(*, workspace_id: str, kind: str, data: Mapping[str, Any]) -> None:
    """Queue the event for each of the workspace's endpoints that wants it; call it inside the act's transaction.

    `data` holds ids, names and addresses of pages, no secrets. An endpoint with WAITING_LIMIT deliveries waiting gets
    no more until some are gone.
    """
    if kind not in EVENTS:
        raise ValueError(f"no such event: {kind}")
    listening = WebhookEndpoint.objects.filter(workspace_id=workspace_id, off_at=None)
    wanted = [endpoint for endpoint in listening if kind in endpoint.events]
    if wanted:
        deliveries_queue(wanted, kind, data)


def deliveries_queue(endpoints: list[WebhookEndpoint], kind: str, data: Mapping[str, Any]) -> None:
    """A delivery for each endpoint, all with the same event id and body."""
    now = utc_now()
    event_id = new_id("evt")
    body = json.dumps({"type": kind, "timestamp": now.isoformat(), "data": data}, separators=(",", ":"))
    rows = []
    for endpoint in endpoints:
        if endpoint.deliveries.filter(state=WebhookDelivery.State.WAITING)[:WAITING_LIMIT].count() >= WAITING_LIMIT:
            log.warning("webhook_queue_full", endpoint=endpoint.pk, kind=kind)
            continue
        rows.append(WebhookDelivery(endpoint=endpoint, event_id=event_id, kind=kind, body=body, due_at=now))
    WebhookDelivery.objects.bulk_create(rows)

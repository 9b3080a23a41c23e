"""What admins do with endpoints; each act is in the audit log."""

from collections.abc import Collection
from typing import Any, Final

from django.db import transaction

from opencode.lib.actor import Actor
from opencode.lib.clock import utc_now
from opencode.lib.outbound import OutboundRefused, checked_url
from opencode.lib.sealing import seal
from workspaces.errors import WebhookEventUnknown, WebhookLimitReached, WebhookURLRefused
from workspaces.models import WebhookDelivery, WebhookEndpoint, Workspace
from workspaces.services.audit import audit_record
from workspaces.services.standing import require_allowed
from workspaces.webhooks import EVENTS, TEST, deliveries_queue
from workspaces.webhooks.limits import ENDPOINT_LIMIT, FORMER_SECRET_KEPT
from workspaces.webhooks.signing import new_webhook_secret

SEAL: Final = "webhook"
PERMISSION: Final = "webhook.manage"


def webhook_create(
    *, workspace: Workspace, url: str, events: Collection[str], actor: Actor
) -> tuple[WebhookEndpoint, str]:
    """A new endpoint and the secret that signs what it gets, shown once.

    Raises WebhookURLRefused, WebhookEventUnknown, WebhookLimitReached; NotFound, Forbidden when the person's right has
    ended meanwhile.
    """
    _check(url, events)
    secret = new_webhook_secret()
    with transaction.atomic():
        _lock(workspace.pk, actor)
        if WebhookEndpoint.objects.filter(workspace=workspace).count() >= ENDPOINT_LIMIT:
            raise WebhookLimitReached(limit=ENDPOINT_LIMIT)
        endpoint = WebhookEndpoint.objects.create(
            workspace=workspace,
            url=url,
            events=sorted(set(events)),
            secret=seal(SEAL, secret),
            created_by_id=actor.person_id,
        )
        _record(endpoint, actor, "webhook.create", url=url, events=endpoint.events)
    return endpoint, secret


def webhook_change(
    *, endpoint: WebhookEndpoint, url: str, events: Collection[str], is_on: bool, actor: Actor
) -> WebhookEndpoint:
    """Change where it leads, what it is told, and whether; deliveries that wait go to the new address.

    Turning it off drops what waits. Raises as `webhook_create` does.
    """
    _check(url, events)
    with transaction.atomic():
        _lock(endpoint.workspace_id, actor)
        row = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
        row.url, row.events = url, sorted(set(events))
        if is_on:
            row.off_at, row.off_reason, row.failing_since = None, "", None
        elif row.off_at is None:
            row.off_at = utc_now()
            drop_waiting(row)
        row.save(update_fields=["url", "events", "off_at", "off_reason", "failing_since"])
        _record(row, actor, "webhook.change", url=url, events=row.events, on=is_on)
    return row


def webhook_rotate(*, endpoint: WebhookEndpoint, actor: Actor) -> str:
    """A new secret, shown once; for FORMER_SECRET_KEPT what is sent is signed with the one before as well."""
    secret = new_webhook_secret()
    with transaction.atomic():
        _lock(endpoint.workspace_id, actor)
        row = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
        row.former_secret, row.former_until = row.secret, utc_now() + FORMER_SECRET_KEPT
        row.secret = seal(SEAL, secret)
        row.save(update_fields=["secret", "former_secret", "former_until"])
        _record(row, actor, "webhook.rotate")
    return secret


def webhook_delete(*, endpoint: WebhookEndpoint, actor: Actor) -> None:
    """Delete it with its deliveries."""
    with transaction.atomic():
        _lock(endpoint.workspace_id, actor)
        endpoint_id = endpoint.pk
        WebhookEndpoint.objects.filter(pk=endpoint_id).delete()
        _record(endpoint, actor, "webhook.delete", url=endpoint.url)


def webhook_test(*, endpoint: WebhookEndpoint, actor: Actor) -> None:
    """Queue an event that says it is a test."""
    with transaction.atomic():
        _lock(endpoint.workspace_id, actor)
        deliveries_queue([endpoint], TEST, {"message": "A test from the console."})


def drop_waiting(endpoint: WebhookEndpoint) -> None:
    """Give up the endpoint's deliveries that wait; they can be sent again by hand."""
    waiting = endpoint.deliveries.filter(state=WebhookDelivery.State.WAITING)
    waiting.update(state=WebhookDelivery.State.FAILED, due_at=None, ended_at=utc_now())


def _check(url: str, events: Collection[str]) -> None:
    if not set(events) <= EVENTS.keys():
        raise WebhookEventUnknown
    try:
        checked_url(url)
    except OutboundRefused as refused:
        raise WebhookURLRefused(str(refused), fields={"url": [str(refused)]}) from refused


def _lock(workspace_id: str, actor: Actor) -> None:
    Workspace.objects.select_for_update().get(pk=workspace_id)
    require_allowed(workspace_id, actor.person_id or "", PERMISSION)


def _record(endpoint: WebhookEndpoint, actor: Actor, action: str, **details: Any) -> None:
    audit_record(workspace_id=endpoint.workspace_id, actor=actor, action=action, target_id=endpoint.pk, details=details)

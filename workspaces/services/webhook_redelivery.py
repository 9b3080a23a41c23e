"""Sending a delivery again by hand."""

from django.db import transaction

from opencode.lib.actor import Actor
from opencode.lib.clock import utc_now
from workspaces.errors import WebhookOff
from workspaces.models import WebhookDelivery, WebhookEndpoint, Workspace
from workspaces.services.standing import require_allowed
from workspaces.services.webhook_endpoints import PERMISSION


def delivery_repeat(*, delivery: WebhookDelivery, actor: Actor) -> bool:
    """Let it be sent again at once, with the event id and body it had; False when it is waiting anyway.

    Raises WebhookOff; NotFound, Forbidden when the person's right has ended meanwhile.
    """
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.get(pk=delivery.endpoint_id)
        Workspace.objects.select_for_update().get(pk=endpoint.workspace_id)
        require_allowed(endpoint.workspace_id, actor.person_id or "", PERMISSION)
        if endpoint.off_at is not None:
            raise WebhookOff
        ended = WebhookDelivery.objects.filter(pk=delivery.pk).exclude(state=WebhookDelivery.State.WAITING)
        return bool(ended.update(state=WebhookDelivery.State.WAITING, due_at=utc_now(), attempts=0, ended_at=None))

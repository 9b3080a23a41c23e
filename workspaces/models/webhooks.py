"""Addresses that are told what happens in a workspace, and what was or is to be sent to them."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from opencode.lib.clock import utc_now
from opencode.lib.ids import new_id
from workspaces.models.workspaces import Workspace


def new_webhook_id() -> str:
    return new_id("whk")


class WebhookEndpoint(models.Model):
    """`secret` signs what is sent; both secrets are sealed. For a day after a rotation the one before signs as well.

    Nothing is sent to one that is off: a person turned it off (`off_reason` empty), or the console did.
    """

    id = models.CharField(primary_key=True, max_length=30, default=new_webhook_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="webhooks")
    url = models.CharField(max_length=500)
    events = models.JSONField(default=list)
    secret = models.TextField(editable=False)
    former_secret = models.TextField(blank=True, editable=False)
    former_until = models.DateTimeField(null=True, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", editable=False
    )
    created_at = models.DateTimeField(default=utc_now, editable=False)
    off_at = models.DateTimeField(null=True, blank=True)
    off_reason = models.CharField(max_length=200, blank=True)
    # Since when no delivery succeeded; empty while the last one did.
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        return self.url


class WebhookDelivery(models.Model):
    """One event for one endpoint. `due_at` says when the next attempt may begin; None once it arrived or was given up.

    `log` has the last attempts, each as `[when, status or 0, error, milliseconds]`.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        DELIVERED = "delivered"
        FAILED = "failed"

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    # The same for every endpoint and every repeat: by it a receiver recognises what it has had.
    event_id = models.CharField(max_length=30)
    kind = models.CharField(max_length=40)
    body = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    created_at = models.DateTimeField(default=utc_now, editable=False)
    due_at = models.DateTimeField(default=utc_now, null=True, blank=True, db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True, db_index=True)
    log = models.JSONField(default=list)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["endpoint", "-id"], name="delivery_by_endpoint")]

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"

"""Copies of a person's or a workspace's data, made on request."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from opencode.lib.clock import utc_now
from opencode.lib.ids import new_id


def new_export_id() -> str:
    return new_id("exp")


class DataExport(models.Model):
    """The row is the job: `due_at` says when the next attempt may start, and moves on while one works.

    `workspace_id` is empty for an account's data; an id without a foreign key, for workspaces are another app's. The
    object is removed when the export expires; `attempts` of an id make up the names of its objects.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        READY = "ready"
        FAILED = "failed"
        EXPIRED = "expired"

    id = models.CharField(primary_key=True, max_length=30, default=new_export_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="exports", db_index=False)
    workspace_id = models.CharField(max_length=30, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    requested_at = models.DateTimeField(default=utc_now, editable=False)
    due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    step = models.CharField(max_length=80, blank=True)
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    object_name = models.CharField(max_length=120, blank=True)
    bytes = models.BigIntegerField(default=0)
    ready_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True, db_index=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user", "workspace_id", "-id"], name="export_by_user"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} ({self.state})"

    @property
    def percent(self) -> int:
        """How far it is, for a progress bar; never quite done before it is ready."""
        return min(99, self.done * 100 // self.total) if self.total else 0

    @property
    def is_unfinished(self) -> bool:
        return self.state in {self.State.WAITING, self.State.RUNNING}

"""Copies of a person's or a workspace's data, made on request."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from opencode.lib.clock import utc_now
from opencode.lib.ids import new_id


def new_export_id() -> str:
    return new_id("exp")


class DataExport(models.Model):
    """The row is the job: `due_at` says when the next attempt may start, and is moved ahead while one works.

    `workspace_id` is empty for an account's data; it is an id without a foreign key, because workspaces belong to
    another app. The objects are removed when the export expires; their names are made of the id and the number of an
    attempt.
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
        """Progress in per cent, for a progress bar; 99 at most."""
        return min(99, self.done * 100 // self.total) if self.total else 0

    @property
    def is_unfinished(self) -> bool:
        return self.state in {self.State.WAITING, self.State.RUNNING}

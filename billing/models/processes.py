"""The processes that hold reservations for running requests."""

from typing import ClassVar

from django.db import models

from opencode.lib.clock import utc_now


class Process(models.Model):
    """One life of a web process. When it is silent for long, what it has reserved is given back."""

    host = models.CharField(max_length=190)
    started_at = models.DateTimeField(default=utc_now)
    seen_at = models.DateTimeField(default=utc_now)

    class Meta:
        verbose_name_plural = "processes"
        indexes: ClassVar = [models.Index(fields=["seen_at"], name="process_by_seen")]

    def __str__(self) -> str:
        return f"{self.pk} on {self.host}"

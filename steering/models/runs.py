"""The sessions that agent processes work on."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from opencode.lib.clock import utc_now
from opencode.lib.ids import new_id
from steering.models.machines import AgentProcess
from steering.protocol.frames import IDLE
from workspaces.models import Workspace


def new_run_id() -> str:
    return new_id("run")


class Run(models.Model):
    """What one agent process does in one session, that of `client_id`, or did last.

    `name` is the bridge's, a new one each time the session begins to work. `status` is the agent's word: busy, retry
    or idle.
    """

    id = models.CharField(primary_key=True, max_length=30, default=new_run_id, editable=False)
    process = models.ForeignKey(AgentProcess, on_delete=models.CASCADE, related_name="runs", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    client_id = models.CharField(max_length=128)
    name = models.CharField(max_length=64)
    status = models.CharField(max_length=20, default=IDLE)
    changed_at = models.DateTimeField(default=utc_now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-changed_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["process", "client_id"], name="run_once_per_process"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["workspace", "client_id", "user", "changed_at"], name="run_by_session"),
        ]

    def __str__(self) -> str:
        return f"{self.client_id} ({self.status})"

    @property
    def is_running(self) -> bool:
        return self.status != IDLE

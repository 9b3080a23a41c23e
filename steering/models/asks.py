"""What an agent waits for its person to decide."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from opencode.lib.clock import utc_now
from opencode.lib.ids import new_id
from steering.models.machines import AgentProcess
from steering.protocol.states import AskState
from sync.models import Session
from workspaces.models import Workspace


def new_ask_id() -> str:
    return new_id("ask")


class Ask(models.Model):
    """One permission or question. The row is the truth; its entry in the session's log follows it.

    `session_client_id` is the session that asks, `root_client_id` the one at the root of it, `session` the row of the
    latter while it is known here. `content` is the JSON text the bridge sent, `digest` that of the ask.
    `version` rises with every change; `projection_due_at` is when the entry has to be written (again), `notice_due_at`
    when the person has to be told of it, and `notified` how they were.
    """

    class Notified(models.IntegerChoices):
        NOT = 0
        PUSHED = 1
        MAILED = 2

    id = models.CharField(primary_key=True, max_length=30, default=new_ask_id, editable=False)
    process = models.ForeignKey(AgentProcess, on_delete=models.CASCADE, related_name="asks", db_index=False)
    client_id = models.CharField(max_length=128)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    kind = models.CharField(max_length=12)
    session_client_id = models.CharField(max_length=128)
    root_client_id = models.CharField(max_length=128)
    digest = models.CharField(max_length=64)
    content = models.TextField()
    is_too_large = models.BooleanField(default=False)
    state = models.CharField(max_length=10, default=AskState.OPEN.value, help_text="of steering.protocol.states")
    is_open = models.BooleanField(default=True)
    version = models.IntegerField(default=1)
    asked_at = models.DateTimeField()
    changed_at = models.DateTimeField(default=utc_now)
    projection_due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    notice_due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    notified = models.PositiveSmallIntegerField(choices=Notified.choices, default=Notified.NOT, db_default=0)

    class Meta:
        ordering: ClassVar[list[str]] = ["asked_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["process", "client_id"], name="ask_once_per_process"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["session", "is_open"], name="ask_by_session"),
            models.Index(fields=["user", "is_open", "asked_at"], name="ask_by_person"),
            models.Index(fields=["workspace", "is_open", "asked_at"], name="ask_by_workspace"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.client_id} ({self.state})"

"""What people told agents, and how much a workspace lets them do from here."""

import json
from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from opencode.lib.clock import utc_now
from opencode.lib.ids import new_id
from steering.models.asks import Ask
from steering.models.machines import AgentProcess
from steering.models.runs import Run
from steering.protocol.commands import CommandState
from workspaces.models import Workspace


def new_command_id() -> str:
    return new_id("cmd")


class Command(models.Model):
    """One act of one person, for one agent process: about an ask, or about a session that the process works on.

    `open_slot` names what it is about until the command has ended: unique, so that the first one wins. `digest` is
    that of the ask that was shown, the name of the run that is to be stopped, or the SHA-256 of a prompt's text.
    """

    id = models.CharField(primary_key=True, max_length=30, default=new_command_id, editable=False)
    process = models.ForeignKey(AgentProcess, on_delete=models.CASCADE, related_name="commands", db_index=False)
    ask = models.ForeignKey(Ask, on_delete=models.CASCADE, null=True, related_name="commands")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, null=True, related_name="commands")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    op = models.CharField(max_length=10)
    payload = models.TextField(default="{}")
    digest = models.CharField(max_length=64)
    open_slot = models.CharField(max_length=40, null=True, blank=True, unique=True)
    state = models.CharField(max_length=10, default=CommandState.QUEUED.value)
    detail = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=utc_now, editable=False)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["process", "state"], name="command_by_process"),
            models.Index(fields=["ended_at", "expires_at"], name="command_by_expiry"),
        ]

    def __str__(self) -> str:
        return f"{self.op} ({self.state})"

    @property
    def target(self) -> Ask | Run:
        """What it is about."""
        target = self.ask or self.run
        assert target is not None
        return target

    @property
    def decoded_payload(self) -> dict[str, Any]:
        """The words of a refusal, the answers, or a prompt's text."""
        return dict(json.loads(self.payload))


class SteeringPolicy(models.Model):
    """How much people may do from the console in this workspace; without a row nothing."""

    class Ceiling(models.TextChoices):
        OFF = "off", "Nothing: they are shown only"
        APPROVE = "approve", "Answer and stop their own agents"
        PROMPT = "prompt", "Answer and stop their own agents, and send them prompts"

    workspace = models.OneToOneField(Workspace, on_delete=models.CASCADE, primary_key=True, related_name="+")
    ceiling = models.CharField(max_length=8, choices=Ceiling.choices, default=Ceiling.OFF)
    changed_at = models.DateTimeField(default=utc_now)

    def __str__(self) -> str:
        return self.ceiling

"""A person's machines, and the agent processes that a bridge speaks for."""

from typing import ClassVar, Final

from django.db import models

from accounts.models import Device
from opencode.lib.clock import utc_now
from opencode.lib.ids import new_id
from workspaces.models import Workspace

NAME_CHARACTERS: Final = 80
DIRECTORY_CHARACTERS: Final = 300


def new_machine_id() -> str:
    return new_id("mac")


class Machine(models.Model):
    """Where an agent runs, by the name it gives itself; one login may have been copied to several.

    `mode` is what its person allows on it, as its newest bridge has said.
    """

    class Mode(models.TextChoices):
        WATCH = "watch"
        APPROVE = "approve"
        PROMPT = "prompt"

    id = models.CharField(primary_key=True, max_length=30, default=new_machine_id, editable=False)
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="machines", db_index=False)
    name = models.CharField(max_length=NAME_CHARACTERS)
    mode = models.CharField(max_length=8, choices=Mode.choices, default=Mode.WATCH)
    bridge = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(default=utc_now, editable=False)
    last_seen_at = models.DateTimeField(default=utc_now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-last_seen_at", "-id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["device", "name"], name="machine_once_per_device"),
        ]

    def __str__(self) -> str:
        return self.name


class AgentProcess(models.Model):
    """One running agent. `client_id` is its bridge's name for it; every connection takes the next `generation`.

    `last_seen_at` is when it last said something, `ended_at` when it said goodbye or was given up.
    """

    machine = models.ForeignKey(Machine, on_delete=models.CASCADE, related_name="processes", db_index=False)
    client_id = models.CharField(max_length=64)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    agent = models.CharField(max_length=NAME_CHARACTERS, blank=True)
    kind = models.CharField(max_length=20, blank=True)
    directory = models.CharField(max_length=DIRECTORY_CHARACTERS, blank=True)
    generation = models.IntegerField(default=0)
    resume_hash = models.CharField(max_length=64)
    hash_version = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField(default=utc_now, editable=False)
    last_seen_at = models.DateTimeField(default=utc_now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "agent processes"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["machine", "client_id"], name="process_once_per_machine"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # For the sweep of processes that have fallen silent.
            models.Index(fields=["ended_at", "last_seen_at"], name="process_by_silence"),
        ]

    def __str__(self) -> str:
        return f"{self.agent or 'an agent'} on {self.machine_id}"

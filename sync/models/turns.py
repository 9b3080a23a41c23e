"""The turns of a session, beside its entries."""

from typing import ClassVar

from django.db import models

from sync.models.sessions import Session


class Turn(models.Model):
    """A message of a session with what its tools did; see `sync.protocol.turns` for what the columns hold.

    Kept by the writer in the commit that writes an entry. A row without a `role` has parts, and no message yet.
    """

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="turns", db_index=False)
    message_id = models.CharField(max_length=128)
    role = models.CharField(max_length=20, blank=True)
    model = models.CharField(max_length=200, blank=True)
    agent = models.CharField(max_length=60, blank=True)
    started = models.BigIntegerField(default=0, help_text="ms since 1970")
    finished = models.BigIntegerField(default=0, help_text="ms since 1970")
    tokens = models.BigIntegerField(default=0)
    cost = models.BigIntegerField(default=0, help_text="micro-cents")
    tools = models.IntegerField(default=0)
    failures = models.IntegerField(default=0)
    files = models.IntegerField(default=0)
    additions = models.BigIntegerField(default=0)
    deletions = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["session", "message_id"], name="turn_once_per_message"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["session", "failures", "message_id"], name="turn_by_failures"),
        ]

    def __str__(self) -> str:
        return f"{self.session_id}/{self.message_id}"

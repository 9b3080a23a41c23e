"""How model calls went, besides what they cost, which is billing's."""

from typing import ClassVar

from django.db import models

from opencode.lib.clock import utc_now


class ModelCall(models.Model):
    """A call that was reserved; written a moment after its end, so that a killed process loses its last ones.

    `status` is what the client got, 0 for nothing. Times are milliseconds; the first byte is the provider's answer's.
    """

    class End(models.TextChoices):
        """As `gateway.relay` says it, and what a page says."""

        COMPLETE = "complete", "complete"
        REFUSED = "refused", "refused by the provider"
        CLIENT_LEFT = "client_left", "the client left"
        REVOKED = "revoked", "the right to call ended"
        STOPPING = "stopping", "the server stopped"
        CUT = "cut", "the provider cut it off"
        FAILED = "failed", "no provider answered"

    workspace_id = models.CharField(max_length=30)
    request_id = models.CharField(max_length=64)
    session_id = models.CharField(max_length=64, blank=True)
    member_id = models.CharField(max_length=30, blank=True)
    model = models.CharField(max_length=100, help_text="its slug")
    form = models.CharField(max_length=10)
    credential_id = models.CharField(max_length=30, blank=True, help_text="the last one that was tried")
    attempts = models.PositiveSmallIntegerField(default=0)
    status = models.PositiveSmallIntegerField(default=0)
    end = models.CharField(max_length=12, choices=End.choices)
    code = models.CharField(max_length=60, blank=True, help_text="of the refusal")
    first_byte_ms = models.PositiveIntegerField(null=True)
    ms = models.PositiveIntegerField(default=0)
    cost = models.BigIntegerField(default=0, help_text="micro-cents, when it ended")
    is_estimated = models.BooleanField(default=False)
    at = models.DateTimeField(default=utc_now, help_text="when it ended")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace_id", "request_id"], name="model_call_once_a_request"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["workspace_id", "session_id", "id"], name="model_call_by_session"),
            models.Index(fields=["at"], name="model_call_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.request_id}: {self.end}"


class CallDay(models.Model):
    """A workspace's calls of one model to one provider key on one day (UTC).

    `cost` is micro-cents as the calls ended; corrections are in billing's sums alone.
    """

    workspace_id = models.CharField(max_length=30)
    day = models.DateField()
    model = models.CharField(max_length=100, help_text="its slug")
    credential_id = models.CharField(max_length=30, blank=True)
    calls = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    cost = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace_id", "day", "model", "credential_id"], name="call_day_once"),
        ]

    def __str__(self) -> str:
        return f"{self.model} on {self.day}"

"""Answers kept for a day, so that a request that was sent twice acts once."""

from typing import ClassVar

from django.db import models

from opencode.lib.clock import utc_now


class RepeatableCall(models.Model):
    """One request with an `Idempotency-Key`. The row is committed together with what the request did, or not at all.

    `answer` is encrypted under a key that is derived from the `Idempotency-Key` itself, of which only the hash is here:
    it can hold a secret that is shown once, so only the caller can decrypt it.
    """

    caller_id = models.CharField(max_length=40)
    key_hash = models.CharField(max_length=64)
    hash_version = models.PositiveSmallIntegerField()
    answer = models.TextField(blank=True)
    created_at = models.DateTimeField(default=utc_now, db_index=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["caller_id", "key_hash"], name="call_once_per_key"),
        ]

    def __str__(self) -> str:
        return f"{self.caller_id} {self.created_at:%Y-%m-%d %H:%M}"

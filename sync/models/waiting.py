"""What waits to be done to a session: items held for a cold one, removed messages and removals to be counted."""

from django.db import models

from opencode.lib.clock import utc_now
from sync.models.sessions import Session


class HeldItem(models.Model):
    """An agent's item for a cold session that cannot be warmed now: kept, as agents never repeat a refused request.

    The items are merged in the order of their ids, in the transaction that warms the session.
    """

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="held_items")
    key = models.CharField(max_length=255)
    kind = models.CharField(max_length=255)
    content = models.TextField()
    size = models.IntegerField(help_text="bytes of content in UTF-8")
    phase = models.PositiveSmallIntegerField()
    ms = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(default=utc_now)

    def __str__(self) -> str:
        return self.key


class RemovedMessage(models.Model):
    """What a removed message had reported of its cost, kept until that is rolled up; nothing else of the message."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    key = models.CharField(max_length=255)
    content = models.TextField()

    def __str__(self) -> str:
        return self.key


class EntryRemoval(models.Model):
    """A committed publish that removed entries of a workspace's session, until a sweep has put it into the audit log.

    Who removed them is named by ids, "" for those that do not apply.
    """

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="+")
    share_id = models.CharField(max_length=43, blank=True)
    key_id = models.CharField(max_length=40, blank=True)
    device_id = models.CharField(max_length=40, blank=True)
    membership_id = models.CharField(max_length=40, blank=True)
    entries = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.entries} of {self.session_id}"

"""Who did what in a workspace: numbered entries without gaps, each hashed together with the one before it."""

from typing import ClassVar

from django.db import models

from opencode.lib.clock import utc_now
from workspaces.models.workspaces import Workspace


class AuditEntry(models.Model):
    """One act. Actors and targets are ids, never names or addresses, so that an erased person leaves none behind.

    `details` is the JSON text that was hashed. `hash` is keyed (`hash_version` of the keyring) and covers every other
    field and `previous_hash`.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT, related_name="audit_entries", db_index=False)
    seq = models.BigIntegerField()
    at = models.DateTimeField(default=utc_now)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=40, blank=True)
    action = models.CharField(max_length=60)
    target_id = models.CharField(max_length=128, blank=True)
    details = models.TextField(default="{}")
    ip = models.GenericIPAddressField(null=True, blank=True)
    request_id = models.CharField(max_length=40, blank=True)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)
    hash_version = models.PositiveSmallIntegerField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-seq"]
        verbose_name_plural = "audit entries"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "seq"], name="audit_once_per_seq"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["workspace", "action", "seq"], name="audit_by_action"),
            models.Index(fields=["workspace", "actor_id", "seq"], name="audit_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.workspace_id}#{self.seq} {self.action}"


class AuditHead(models.Model):
    """The end of a workspace's chain; its row is the lock that numbers the entries. The last lock anybody takes."""

    workspace = models.OneToOneField(Workspace, on_delete=models.PROTECT, primary_key=True, related_name="+")
    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"{self.workspace_id}#{self.seq}"

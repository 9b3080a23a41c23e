"""Who did what in a workspace: numbered entries without gaps, each hashed together with the one before it.

Workspaces are named without a foreign key in the database: checking one would lock the workspace's row in every act,
and out of order. Triggers keep entries and anchors from being changed; see `workspaces/migrations`.
"""

from typing import Any, ClassVar, NoReturn

from django.db import models

from opencode.lib.clock import utc_now
from workspaces.models.workspaces import Workspace


class AppendOnly(TypeError):
    """Code tried to change or delete a row that is append-only."""


class AppendOnlyRows(models.QuerySet[Any, Any]):
    """Rows that the code can add and read."""

    def update(self, **fields: Any) -> NoReturn:
        raise AppendOnly(f"{self.model.__name__} is append-only")

    def delete(self) -> NoReturn:
        raise AppendOnly(f"{self.model.__name__} is append-only")


class AppendOnlyModel(models.Model):
    """A row that is saved once."""

    objects = AppendOnlyRows.as_manager()

    class Meta:
        abstract = True

    def save(self, **options: Any) -> None:
        if not self._state.adding:
            raise AppendOnly(f"{type(self).__name__} is append-only")
        super().save(**{**options, "force_insert": True})

    def delete(self, using: Any = None, keep_parents: bool = False) -> NoReturn:
        raise AppendOnly(f"{type(self).__name__} is append-only")


class AuditEntry(AppendOnlyModel):
    """One act. Actors and targets are ids, never names or addresses, so that an erased person leaves none behind.

    `details` is the JSON text that was hashed. `hash` covers every other field and `previous_hash`, so anybody can
    check the chain; `seal` is `hash` keyed under `hash_version` of the keyring, so nobody without the key can make one.
    """

    workspace = models.ForeignKey(
        Workspace, on_delete=models.PROTECT, related_name="audit_entries", db_index=False, db_constraint=False
    )
    seq = models.BigIntegerField()
    at = models.DateTimeField(default=utc_now)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=64, blank=True)
    action = models.CharField(max_length=60)
    target_id = models.CharField(max_length=128, blank=True)
    details = models.TextField(default="{}")
    ip = models.GenericIPAddressField(null=True, blank=True)
    request_id = models.CharField(max_length=40, blank=True)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)
    seal = models.CharField(max_length=64, default="", db_default="")
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
            models.Index(fields=["workspace", "actor_kind", "seq"], name="audit_by_actor_kind"),
            models.Index(fields=["workspace", "target_id", "seq"], name="audit_by_target"),
            models.Index(fields=["workspace", "at"], name="audit_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.workspace_id}#{self.seq} {self.action}"


class AuditHead(models.Model):
    """The end of a workspace's chain; its row is the lock that numbers the entries, and the last in the lock order.

    `seal` is a keyed hash of where the chain ends, so that entries cut off at the end are noticed.
    """

    workspace = models.OneToOneField(
        Workspace, on_delete=models.PROTECT, primary_key=True, related_name="+", db_constraint=False
    )
    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)
    seal = models.CharField(max_length=64, default="", db_default="")
    hash_version = models.PositiveSmallIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return f"{self.workspace_id}#{self.seq}"


class AuditAnchor(AppendOnlyModel):
    """Replaces entries that a purge removed: up to `seq`, whose hash was `hash`; `count` of them in this purge.

    Written before the first of them is deleted; the triggers refuse to delete an entry that no anchor covers.
    """

    workspace = models.ForeignKey(
        Workspace, on_delete=models.PROTECT, related_name="audit_anchors", db_index=False, db_constraint=False
    )
    seq = models.BigIntegerField()
    hash = models.CharField(max_length=64)
    count = models.BigIntegerField()
    reason = models.CharField(max_length=200)
    at = models.DateTimeField(default=utc_now)
    seal = models.CharField(max_length=64)
    hash_version = models.PositiveSmallIntegerField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-seq"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "seq"], name="audit_anchor_once_per_seq"),
        ]

    def __str__(self) -> str:
        return f"{self.workspace_id}#{self.seq} {self.reason}"

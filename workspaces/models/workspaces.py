"""The tenant."""

from typing import ClassVar

from django.db import models

from opencode.lib.clock import utc_now
from opencode.lib.ids import new_id


def new_workspace_id() -> str:
    return new_id("wrk")


class Workspace(models.Model):
    """The tenant: sessions, keys and the balance belong to one.

    A deleted one is closed to everybody and can be restored until it is purged; then only the row remains, without a
    name, for what must outlive it: the audit chain, the ledger, receipts. A blocked one refuses everybody and says so.
    """

    id = models.CharField(primary_key=True, max_length=30, default=new_workspace_id, editable=False)
    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=60, unique=True)
    created_at = models.DateTimeField(default=utc_now, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, db_index=True)
    # The person with whose account it was deleted: restoring the account restores it too.
    deleted_with = models.CharField(max_length=30, blank=True, default="", db_default="")
    purging_at = models.DateTimeField(null=True, blank=True)
    purge_tried_at = models.DateTimeField(null=True, blank=True, editable=False)
    purged_at = models.DateTimeField(null=True, blank=True)
    blocked_at = models.DateTimeField(null=True, blank=True)
    block_reason = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        permissions: ClassVar = [
            ("block_workspace", "Can block workspaces and open them again"),
            ("restore_workspace", "Can restore deleted workspaces"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        return self.deleted_at is None and self.blocked_at is None

"""The tenant."""

from typing import ClassVar

from django.db import models

from opencode.lib.clock import utc_now
from opencode.lib.ids import new_id


def new_workspace_id() -> str:
    return new_id("wrk")


class Workspace(models.Model):
    """The tenant: sessions, keys and the balance belong to one."""

    id = models.CharField(primary_key=True, max_length=30, default=new_workspace_id, editable=False)
    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=60, unique=True)
    created_at = models.DateTimeField(default=utc_now, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return self.name

"""The configuration a workspace serves to its members' signed-in agents: every version that was saved."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from opencode.lib.clock import utc_now
from opencode.lib.ids import new_id
from workspaces.models.workspaces import Workspace


def new_config_version_id() -> str:
    return new_id("cfg")


class ConfigVersion(models.Model):
    """One version, never changed; the highest number is in force. `text` is JSON as it was typed, empty for none."""

    id = models.CharField(primary_key=True, max_length=30, default=new_config_version_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="config_versions", db_index=False)
    number = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    note = models.CharField(max_length=200, blank=True)
    restored_number = models.PositiveIntegerField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", editable=False
    )
    created_at = models.DateTimeField(default=utc_now, editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["-number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "number"], name="config_once_per_number"),
        ]

    def __str__(self) -> str:
        return f"{self.workspace_id} configuration {self.number}"

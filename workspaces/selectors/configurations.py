"""A workspace's configuration: the version in force, and those before it."""

from typing import Final

from django.db.models import QuerySet

from opencode.lib.paging import Keyset, by_number
from workspaces.models import ConfigVersion, Workspace

PAGE_ROWS: Final = 30
VERSIONS: Final = Keyset(by_number("number", is_descending=True))
"""The newest first."""


def config_in_force(workspace_id: str) -> ConfigVersion | None:
    """The newest version; None while none was saved. An empty text says that there is no configuration."""
    rows = ConfigVersion.objects.filter(workspace_id=workspace_id).select_related("created_by")
    return rows.order_by("-number").first()


def config_version(workspace: Workspace, number: int) -> ConfigVersion | None:
    rows = ConfigVersion.objects.filter(workspace=workspace, number=number).select_related("created_by")
    return rows.first()


def config_versions(workspace: Workspace) -> QuerySet[ConfigVersion]:
    """All of them, without their texts."""
    return ConfigVersion.objects.filter(workspace=workspace).select_related("created_by").defer("text")

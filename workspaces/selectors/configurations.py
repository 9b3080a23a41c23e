"""A workspace's configuration: the version in force, and those before it."""

from dataclasses import dataclass
from typing import Final

from workspaces.models import ConfigVersion, Workspace

PAGE_ROWS: Final = 30


@dataclass(frozen=True)
class ConfigPage:
    """Some versions, the newest first; `before` continues the list, None at its end."""

    rows: list[ConfigVersion]
    before: int | None


def config_in_force(workspace_id: str) -> ConfigVersion | None:
    """The newest version; None while none was saved. An empty text says that there is no configuration."""
    rows = ConfigVersion.objects.filter(workspace_id=workspace_id).select_related("created_by")
    return rows.order_by("-number").first()


def config_version(workspace: Workspace, number: int) -> ConfigVersion | None:
    rows = ConfigVersion.objects.filter(workspace=workspace, number=number).select_related("created_by")
    return rows.first()


def config_page(workspace: Workspace, before: int | None, limit: int = PAGE_ROWS) -> ConfigPage:
    rows = ConfigVersion.objects.filter(workspace=workspace).select_related("created_by").defer("text")
    rows = rows.filter(number__lt=before) if before else rows
    found = list(rows.order_by("-number")[: limit + 1])
    more = len(found) > limit
    return ConfigPage(rows=found[:limit], before=found[limit - 1].number if more else None)

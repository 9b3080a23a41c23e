"""A workspace's configuration: the version in force and those before it, and what agents receive."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet

from opencode.lib.paging import Keyset, by_number
from workspaces.configuration import MergedLine, merged, merged_lines
from workspaces.models import ConfigVersion, Workspace
from workspaces.ports import agent_models

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


@dataclass(frozen=True, slots=True)
class ServedConfig:
    """What one person's agents receive: what admins wrote, and what the console adds, such as the models there are."""

    written: Mapping[str, Any]
    added: Mapping[str, Any]
    text: str

    @property
    def body(self) -> str:
        """The JSON to serve; as it was typed where nothing is added. Empty: there is no configuration."""
        if not self.added:
            return self.text.strip()
        return json.dumps(merged(self.added, self.written), separators=(",", ":"), ensure_ascii=False)

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.body.encode()).hexdigest()[:32]}"'

    @property
    def lines(self) -> list[MergedLine]:
        return merged_lines(self.added, self.written)


def config_served(workspace_id: str, user_id: str, role: str) -> ServedConfig:
    """The configuration in force for the agents of a person with this role."""
    present = config_in_force(workspace_id)
    text = present.text if present else ""
    return ServedConfig(json.loads(text) if text else {}, agent_models(workspace_id, user_id, role), text)

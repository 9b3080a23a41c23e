"""Reading the audit log as tests do."""

from typing import Any

from workspaces.models import AuditEntry, Workspace


def audited(workspace: Workspace, *actions: str) -> list[AuditEntry]:
    """The workspace's entries with one of these actions, the oldest first."""
    return list(AuditEntry.objects.filter(workspace=workspace, action__in=actions).order_by("seq"))


def last_audited(workspace: Workspace) -> dict[str, Any]:
    """What the newest entry says of who did what to what."""
    entry = AuditEntry.objects.filter(workspace=workspace).order_by("-seq").first()
    assert entry is not None
    return {
        "actor": (entry.actor_kind, entry.actor_id),
        "ip": entry.ip,
        "action": entry.action,
        "target": entry.target_id,
    }

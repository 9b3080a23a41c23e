"""What the audit log says of commands: never their words, always what they are about."""

from collections.abc import Mapping
from typing import Any

from opencode.lib.actor import Actor
from steering.models import Ask, Run
from workspaces.services.audit import audit_record


def steering_record(target: Ask | Run, actor: Actor, action: str, details: Mapping[str, Any]) -> None:
    """One line about the ask or the session, in the caller's transaction, as its last write."""
    name = "ask" if isinstance(target, Ask) else "session"
    told = {**details, name: target.client_id}
    audit_record(workspace_id=target.workspace_id, actor=actor, action=action, target_id=target.pk, details=told)

"""Messages as agents send them, for the tests of what they report of their costs."""

import json
from typing import Any

from sync.live.publishing import session_publish_sync
from sync.models import Session
from sync.protocol.updates import Update
from workspaces.models import Workspace

NOON = 1795348800000
"""2026-11-22 12:00 UTC, in milliseconds."""
DAY = 86_400_000


def assistant(cost: object = 0.5, created: int = NOON, **others: Any) -> dict[str, Any]:
    """A finished message of a model, which cost half a dollar."""
    return {
        "id": "msg_1",
        "role": "assistant",
        "providerID": "anthropic",
        "modelID": "claude-sonnet-5",
        "cost": cost,
        "tokens": {"input": 100, "output": 20, "reasoning": 5, "cache": {"read": 7, "write": 3}},
        "time": {"created": created, "completed": created + 900},
        **others,
    }


def session_in(workspace: Workspace, name: str = "ses_1", **fields: Any) -> Session:
    return Session.objects.create(client_id=name, workspace=workspace, owner_key=workspace.pk, **fields)


def message_update(session: Session, content: Any, name: str = "msg_1") -> Update:
    """None as content removes the message."""
    key = f"session/message/{session.client_id}/{name}"
    return Update(key, "", deleted=True) if content is None else Update(key, json.dumps(content))


def send(session: Session, **messages: Any) -> None:
    """Publish messages by name."""
    updates = [message_update(session, content, name) for name, content in messages.items()]
    session_publish_sync(session_id=session.pk, updates=updates)

"""Sessions with something in them, for tests of pages."""

import json
from typing import Any

from accounts.models import User
from sync.live.publishing import session_publish_sync
from sync.models import Session, Share
from sync.protocol.updates import Update
from workspaces.models import Workspace

CLIENT_ID = "ses_1"
CREATED = 1_795_340_283_445
INFO = f"session/info/{CLIENT_ID}"
FIRST = f"session/message/{CLIENT_ID}/msg_1"
FIRST_TEXT = f"session/part/{CLIENT_ID}/msg_1/prt_1"
SECOND = f"session/message/{CLIENT_ID}/msg_2"
SECOND_TEXT = f"session/part/{CLIENT_ID}/msg_2/prt_2"
DIFF = f"session/diff/{CLIENT_ID}"

CONVERSATION: dict[str, Any] = {
    INFO: {
        "id": CLIENT_ID,
        "title": "Fix the retry",
        "version": "1.18.33",
        "time": {"created": CREATED, "updated": CREATED},
        "cost": 0.0123,
        "tokens": {"input": 1234, "output": 56, "reasoning": 0, "cache": {"read": 7, "write": 0}},
        "share": {"url": "https://example.com/s/x", "secret": "hush-hush"},
    },
    FIRST: {"id": "msg_1", "role": "user", "time": {"created": CREATED}},
    FIRST_TEXT: {"id": "prt_1", "type": "text", "text": "Why does it fail?"},
    SECOND: {
        "id": "msg_2",
        "role": "assistant",
        "modelID": "fake-1",
        "providerID": "gw",
        "time": {"created": CREATED + 1000, "completed": CREATED + 5200},
        "cost": 0.0123,
        "tokens": {"input": 1234, "output": 56, "reasoning": 0, "cache": {"read": 7, "write": 0}},
    },
    SECOND_TEXT: {"id": "prt_2", "type": "text", "text": "Because of the **timer**."},
    DIFF: [{"file": "retry.py", "before": "a\n", "after": "b\n", "additions": 1, "deletions": 1}],
}


def make_session(
    *, workspace: Workspace | None = None, created_by: User | None = None, client_id: str = CLIENT_ID
) -> Session:
    """An empty session, of a workspace or of nobody."""
    return Session.objects.create(
        client_id=client_id,
        workspace=workspace,
        created_by=created_by,
        owner_key=workspace.pk if workspace else "anonymous",
    )


def publish(session: Session, entries: dict[str, Any], *, deleted: tuple[str, ...] = ()) -> Session:
    """Through the writer's own code, as an agent's batch would come; answers the session as it is then."""
    updates = [Update(key, json.dumps(content)) for key, content in entries.items()]
    updates += [Update(key, "", deleted=True) for key in deleted]
    session_publish_sync(session_id=session.pk, updates=updates)
    session.refresh_from_db()
    return session


def make_share(session: Session, **fields: Any) -> Share:
    return Share.objects.create(session=session, secret_version=1, **fields)


def shared_conversation(**fields: Any) -> Share:
    """A session without a workspace, with CONVERSATION in it, behind a share."""
    return make_share(publish(make_session(), CONVERSATION), **fields)

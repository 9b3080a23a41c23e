"""What waits: in a session, in many of them, for one person."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Final

from django.db.models import Q, QuerySet

from accounts.models import User
from steering.models import Ask
from sync.ports import Waiting
from sync.protocol.keys import ask_key
from workspaces.models import Workspace

SHOWN: Final = 50


def ask_keys_of_session(session_id: int) -> list[str]:
    """The keys of the entries of what the session's agent waits for, the oldest first."""
    asks = Ask.objects.filter(session=session_id, is_open=True).order_by("asked_at", "id")
    return [ask_key(*names) for names in asks.values_list("root_client_id", "client_id")[:SHOWN]]


def waiting_of_sessions(session_ids: Collection[int]) -> Mapping[int, Waiting]:
    """Those of the sessions (row ids) whose agents wait for somebody."""
    asks = Ask.objects.filter(session__in=session_ids, is_open=True).order_by("asked_at", "id")
    found = defaultdict(list)
    for session_id, asked_at, user_id in asks.values_list("session", "asked_at", "user"):
        found[session_id].append((asked_at, user_id))
    return {
        session_id: Waiting(len(each), each[0][0], frozenset(user for _, user in each))
        for session_id, each in found.items()
    }


def asks_waiting(workspace: Workspace, user: User) -> QuerySet[Ask]:
    """What waits in the workspace and the person may see: their own agents' asks, and all of published sessions.

    The oldest first.
    """
    asks = Ask.objects.filter(Q(user=user) | Q(session__isnull=False), workspace=workspace, is_open=True)
    return asks.order_by("asked_at", "id")

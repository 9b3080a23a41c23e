"""Sessions as files of an export."""

from collections.abc import Iterator

from django.db.models import QuerySet

from accounts.ports import ExportedFile, ExportPart
from sync.archive import read_warm
from sync.models import Session
from sync.store import read_state
from sync.transcript.json_export import export_json
from workspaces.models import Membership


def own_sessions_part(user_id: str) -> ExportPart:
    """The sessions this person's agents and keys made, in the workspaces they still belong to and that are open."""
    mine = Membership.objects.filter(user_id=user_id, workspace__deleted_at=None, workspace__blocked_at=None)
    return _part(Session.objects.filter(created_by_id=user_id, workspace_id__in=mine.values("workspace_id")))


def workspace_sessions_part(workspace_id: str) -> ExportPart:
    return _part(Session.objects.filter(workspace_id=workspace_id))


def _part(sessions: QuerySet[Session]) -> ExportPart:
    sessions = sessions.order_by("pk")
    return ExportPart("sessions", sessions.count(), _files(sessions))


def _files(sessions: QuerySet[Session]) -> Iterator[ExportedFile]:
    """One after the other, so that only one is in memory; a cold one comes back. What was erased since is left out."""
    for pk, owner_key, client_id in list(sessions.values_list("pk", "owner_key", "client_id")):
        state = read_warm(read_state, pk)
        if state is not None:
            text = export_json(state.rows, session_id=client_id, epoch=state.epoch, seq=state.head)
            yield ExportedFile(f"sessions/{owner_key}/{client_id}.json", [text])

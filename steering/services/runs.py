"""What bridges say of the sessions their agents work on."""

from collections.abc import Mapping
from typing import Final

from django.db import transaction
from django.db.models import Q

from opencode.lib.clock import utc_now
from steering.models import AgentProcess, Run
from steering.protocol.frames import IDLE, SessionStatus, StatusFrame
from steering.protocol.states import AskState
from steering.services.changes import asks_change
from steering.services.processes import process_lock

RUNS_OF_A_PROCESS: Final = 200


@transaction.atomic
def session_status(*, process_id: int, generation: int, frame: StatusFrame) -> list[str]:
    """A session works, or is idle: then what it and its subagents waited for is no longer waited for.

    The agent itself goes on listing the asks of a session that was aborted, and takes answers to them without effect.
    Returns the ids of the asks that changed. Raises BridgeReplaced.
    """
    process = process_lock(process_id, generation)
    if frame.session == frame.root:
        runs_note(process, {frame.session: SessionStatus(frame.root, frame.status, frame.run)})
    if frame.status != IDLE:
        return []
    of_session = Q(session_client_id=frame.session) | Q(root_client_id=frame.session)
    return asks_change(process.asks.filter(of_session, is_open=True), AskState.WITHDRAWN)


def runs_take_all(process: AgentProcess, sessions: Mapping[str, SessionStatus]) -> None:
    """What the process works on now, with it locked: what is not named is idle."""
    runs_note(process, sessions)
    idle = process.runs.exclude(status=IDLE).exclude(client_id__in=sessions)
    idle.update(status=IDLE, changed_at=utc_now())


def runs_note(process: AgentProcess, sessions: Mapping[str, SessionStatus]) -> None:
    """Note what these sessions do. A bridge that names no runs has none; of subagents none is kept."""
    told = {name: each for name, each in sessions.items() if each.run and each.root == name}
    known = {run.client_id: run for run in process.runs.filter(client_id__in=told)}
    for client_id, each in told.items():
        run = known.get(client_id) or Run(
            process=process,
            user_id=process.machine.device.user_id,
            workspace_id=process.workspace_id,
            client_id=client_id,
        )
        run.name, run.status, run.changed_at = each.run, each.status or IDLE, utc_now()
        run.workspace_id = process.workspace_id
        run.save()
    if len(told) > len(known):
        over = list(process.runs.order_by("-changed_at").values_list("pk", flat=True)[RUNS_OF_A_PROCESS:])
        Run.objects.filter(pk__in=over).delete()

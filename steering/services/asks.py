"""What bridges say of asks: a new one, one that has ended, everything that waits."""

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from opencode.lib.clock import utc_now
from steering.errors import AskLimitReached, AskMalformed
from steering.models import AgentProcess, Ask
from steering.protocol.frames import OPEN_ASKS, AskFrame, OpenFrame
from steering.protocol.states import AskState
from steering.services.changes import NOTICE_DELAY, asks_change
from steering.services.processes import process_lock
from steering.services.runs import runs_take_all
from workspaces.webhooks import ASK_WAITING, webhook_event


@transaction.atomic
def asks_take_all(*, process_id: int, generation: int, frame: OpenFrame) -> list[str]:
    """Everything the process waits for and works on: what it does not name has ended.

    Returns the ids of the asks that are new or changed. Raises BridgeReplaced, AskMalformed, AskLimitReached.
    """
    process = process_lock(process_id, generation)
    runs_take_all(process, frame.sessions)
    named = {ask.id for ask in frame.asks}
    gone = asks_change(process.asks.filter(is_open=True).exclude(client_id__in=named), AskState.WITHDRAWN)
    return gone + _take(process, frame.asks)


@transaction.atomic
def ask_take(*, process_id: int, generation: int, ask: AskFrame) -> list[str]:
    """One ask; a repeat changes nothing, and one that has ended stays so. Returns and raises as `asks_take_all`."""
    return _take(process_lock(process_id, generation), [ask])


@transaction.atomic
def ask_resolve(*, process_id: int, generation: int, client_id: str, state: AskState) -> list[str]:
    """The ask has ended at the machine. Returns its id if that changed something. Raises BridgeReplaced."""
    process = process_lock(process_id, generation)
    return asks_change(process.asks.filter(client_id=client_id), state)


def _take(process: AgentProcess, frames: Sequence[AskFrame]) -> list[str]:
    if not all(frame.is_well_formed for frame in frames):
        raise AskMalformed
    known = {ask.client_id: ask for ask in process.asks.filter(client_id__in=[frame.id for frame in frames])}
    back = asks_change([ask for ask in known.values() if ask.state == AskState.LOST], AskState.OPEN)
    fresh = {frame.id: frame for frame in frames if frame.id not in known}
    if fresh and process.asks.filter(is_open=True).count() + len(fresh) > OPEN_ASKS:
        raise AskLimitReached(limit=OPEN_ASKS)
    return back + [_create(process, frame).pk for frame in fresh.values()]


def _create(process: AgentProcess, frame: AskFrame) -> Ask:
    now = utc_now()
    ask = Ask.objects.create(
        process=process,
        client_id=frame.id,
        user_id=process.machine.device.user_id,
        workspace_id=process.workspace_id,
        kind=frame.kind,
        session_client_id=frame.session,
        root_client_id=frame.root,
        digest=frame.digest[:64],
        content="" if frame.is_too_large else frame.content,
        is_too_large=frame.is_too_large,
        asked_at=now - timedelta(milliseconds=frame.age_ms),
        projection_due_at=now,
        notice_due_at=now + NOTICE_DELAY,
    )
    _announce(ask, process)
    return ask


def _announce(ask: Ask, process: AgentProcess) -> None:
    """To programs that the workspace's admins have chosen; what it is about stays here."""
    data = {
        "ask": ask.pk,
        "kind": ask.kind,
        "person": ask.user_id,
        "session": ask.root_client_id,
        "machine": process.machine.name,
        "url": settings.PUBLIC_URL + reverse("steering:ask", args=[ask.pk]),
    }
    webhook_event(workspace_id=ask.workspace_id, kind=ASK_WAITING, data=data)

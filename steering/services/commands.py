"""Commands: made by a person's decision, sent to one bridge, ended by what it says or by its silence."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import IntegrityError, transaction

from opencode.lib.actor import THE_CONSOLE, Actor
from opencode.lib.clock import utc_now
from opencode.lib.errors import TooManyRequests
from opencode.lib.ratelimits import rate_count
from steering.errors import (
    AskDecided,
    AskEnded,
    AskNotShown,
    CeilingTooLow,
    MachineAway,
    MachineForbids,
    StepUpNeeded,
)
from steering.models import AgentProcess, Ask, Command, Machine, SteeringPolicy
from steering.protocol.commands import OPS_OF_KIND, UNDER_WAY, CommandState
from steering.protocol.frames import ResultFrame
from steering.protocol.states import AskState
from steering.selectors.commands import ceiling_of, is_away
from steering.services.processes import process_lock
from workspaces.services.audit import audit_record

EXPIRES: Final = timedelta(seconds=60)
UNANSWERED: Final = timedelta(seconds=30)
A_MINUTE: Final = 30
ENDED_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided, as their page said it: `digest` is that of the ask that was shown to them."""

    op: str
    digest: str
    payload: Mapping[str, Any]
    factor_age: int | None


def command_create(*, ask: Ask, decision: Decision, actor: Actor) -> Command:
    """Queue the decision of the ask's own person. A refusal is in the audit log as well, and changes nothing else.

    Raises CeilingTooLow, StepUpNeeded, MachineForbids, MachineAway, AskEnded, AskNotShown, AskDecided, TooManyRequests.
    """
    rate = rate_count("steering", actor.id, limit=A_MINUTE, seconds=60)
    if rate.is_exceeded:
        raise TooManyRequests(retry_after=rate.reset_seconds, limit=rate.limit)
    try:
        return _create(ask.pk, decision, actor)
    except (CeilingTooLow, StepUpNeeded, MachineForbids, MachineAway, AskEnded, AskNotShown, AskDecided) as denial:
        with transaction.atomic():
            _record(ask, actor, "steering.refuse", {**_told(decision), "code": denial.code})
        raise


@transaction.atomic
def _create(ask_id: str, decision: Decision, actor: Actor) -> Command:
    process_id = Ask.objects.values_list("process", flat=True).get(pk=ask_id)
    process = AgentProcess.objects.select_for_update().select_related("machine").get(pk=process_id)
    ask = Ask.objects.get(pk=ask_id)
    _require(ask, process, decision)
    now = utc_now()
    try:
        with transaction.atomic():
            command = Command.objects.create(
                process=process,
                ask=ask,
                user_id=actor.id,
                op=decision.op,
                payload=json.dumps(decision.payload),
                digest=ask.digest,
                open_slot=ask.pk,
                expires_at=now + EXPIRES,
            )
    except IntegrityError:
        raise AskDecided from None
    _record(ask, actor, "steering.decide", {**_told(decision), "command": command.pk})
    return command


def _require(ask: Ask, process: AgentProcess, decision: Decision) -> None:
    if ceiling_of(ask.workspace_id) != SteeringPolicy.Ceiling.APPROVE:
        raise CeilingTooLow
    if decision.factor_age is None:
        raise StepUpNeeded
    if process.machine.mode != Machine.Mode.APPROVE:
        raise MachineForbids
    if ask.state != AskState.OPEN:
        raise AskEnded
    if is_away(process, utc_now()):
        raise MachineAway
    if ask.is_too_large or decision.digest != ask.digest or decision.op not in OPS_OF_KIND.get(ask.kind, ()):
        raise AskNotShown


@transaction.atomic
def commands_take(*, process_id: int, generation: int, is_again: bool) -> list[Command]:
    """What waits for this connection of the process, each noted as sent. Raises BridgeReplaced.

    With `is_again` also what an earlier connection of the same process was sent and has not answered: the bridge
    knows what it has had by its id.
    """
    process = process_lock(process_id, generation)
    states = UNDER_WAY if is_again else [CommandState.QUEUED]
    waiting = Command.objects.filter(process=process, state__in=states, expires_at__gt=utc_now()).order_by("id")
    taken = list(waiting.select_related("ask", "user", "process"))
    fresh = Command.objects.filter(process=process, pk__in=[each.pk for each in taken], state=CommandState.QUEUED)
    fresh.update(state=CommandState.SENT)
    return taken


@transaction.atomic
def command_took(*, process_id: int, generation: int, command_id: str) -> list[str]:
    """The bridge has it. Raises BridgeReplaced."""
    process = process_lock(process_id, generation)
    Command.objects.filter(process=process, pk=command_id, state=CommandState.SENT).update(state=CommandState.TAKEN)
    return []


@transaction.atomic
def command_result(*, process_id: int, generation: int, result: ResultFrame) -> list[str]:
    """What became of it, also of one that was given up. A second result changes nothing. Raises BridgeReplaced."""
    process = process_lock(process_id, generation)
    sent = Command.objects.filter(
        process=process, state__in=[CommandState.SENT, CommandState.TAKEN, CommandState.UNKNOWN]
    )
    command = sent.select_related("ask").filter(pk=result.id).first()
    if command is not None:
        _end(command, result.state, result.detail)
    return []


def commands_expire(*, now: datetime) -> int:
    """End what was not sent in time, and what nothing was heard of after it was sent; returns how many."""
    queued = Command.objects.filter(ended_at=None, state=CommandState.QUEUED, expires_at__lte=now)
    sent = Command.objects.filter(
        ended_at=None, state__in=[CommandState.SENT, CommandState.TAKEN], expires_at__lte=now - UNANSWERED
    )
    ids = [*queued.values_list("pk", flat=True)[:ENDED_AT_ONCE], *sent.values_list("pk", flat=True)[:ENDED_AT_ONCE]]
    for command_id in ids:
        _give_up(command_id)
    return len(ids)


@transaction.atomic
def _give_up(command_id: str) -> None:
    """Looked at again under the process's lock: it may have been sent or answered."""
    process_id = Command.objects.values_list("process", flat=True).get(pk=command_id)
    AgentProcess.objects.select_for_update().get(pk=process_id)
    command = Command.objects.select_related("ask").filter(pk=command_id, state__in=UNDER_WAY).first()
    if command is not None:
        is_queued = command.state == CommandState.QUEUED
        _end(command, CommandState.EXPIRED if is_queued else CommandState.UNKNOWN, "")


def _end(command: Command, state: CommandState, detail: str) -> None:
    command.state, command.detail, command.open_slot, command.ended_at = state, detail, None, utc_now()
    command.save(update_fields=["state", "detail", "open_slot", "ended_at"])
    details = {"command": command.pk, "op": command.op, "digest": command.digest, "outcome": state.value}
    _record(command.ask, THE_CONSOLE, "steering.result", details)


def _told(decision: Decision) -> dict[str, Any]:
    return {"op": decision.op, "digest": decision.digest[:64], "factor_age": decision.factor_age}


def _record(ask: Ask, actor: Actor, action: str, details: Mapping[str, Any]) -> None:
    told = {**details, "ask": ask.client_id}
    audit_record(workspace_id=ask.workspace_id, actor=actor, action=action, target_id=ask.pk, details=told)

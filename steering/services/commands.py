"""Commands on their way: sent to one bridge, ended by what it says or by its silence."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from steering.models import AgentProcess, Command
from steering.protocol.commands import UNDER_WAY, CommandState
from steering.protocol.frames import ResultFrame
from steering.services.processes import process_lock
from steering.services.recording import steering_record

UNANSWERED: Final = timedelta(seconds=30)
ENDED_AT_ONCE: Final = 200


@transaction.atomic
def commands_take(*, process_id: int, generation: int, is_again: bool) -> list[Command]:
    """What waits for this connection of the process, each noted as sent. Raises BridgeReplaced.

    With `is_again` also what an earlier connection of the same process was sent and has not answered: the bridge
    knows what it has had by its id.
    """
    process = process_lock(process_id, generation)
    states = UNDER_WAY if is_again else [CommandState.QUEUED]
    waiting = Command.objects.filter(process=process, state__in=states, expires_at__gt=utc_now()).order_by("id")
    taken = list(waiting.select_related("ask", "run", "user", "process"))
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
    command = sent.select_related("ask", "run").filter(pk=result.id).first()
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
    command = Command.objects.select_related("ask", "run").filter(pk=command_id, state__in=UNDER_WAY).first()
    if command is not None:
        is_queued = command.state == CommandState.QUEUED
        _end(command, CommandState.EXPIRED if is_queued else CommandState.UNKNOWN, "")


def _end(command: Command, state: CommandState, detail: str) -> None:
    command.state, command.detail, command.open_slot, command.ended_at = state, detail, None, utc_now()
    command.save(update_fields=["state", "detail", "open_slot", "ended_at"])
    details = {"command": command.pk, "op": command.op, "digest": command.digest, "outcome": state.value}
    steering_record(command.target, THE_CONSOLE, "steering.result", details)

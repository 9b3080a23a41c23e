"""Reads for decisions: the workspace's ceiling, whether a machine is there, what waits to be sent, one ask."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q

from accounts.models import User
from steering.models import AgentProcess, Ask, Command, Run, SteeringPolicy
from steering.protocol.commands import CommandState

AWAY: Final = timedelta(seconds=10)
COMMANDS_SHOWN: Final = 5
COMMANDS_READ: Final = 200


def ceiling_of(workspace_id: str) -> str:
    """How much people may decide from the console in this workspace."""
    found = SteeringPolicy.objects.filter(workspace=workspace_id).values_list("ceiling", flat=True).first()
    return found or SteeringPolicy.Ceiling.OFF.value


def is_away(process: AgentProcess, now: datetime) -> bool:
    """Whether nothing was heard of the process for AWAY, or it has ended."""
    return process.ended_at is not None or process.last_seen_at < now - AWAY


def processes_with_commands(process_ids: Collection[int]) -> list[int]:
    """Those of the processes for which a command waits to be sent."""
    queued = Command.objects.filter(process__in=process_ids, state=CommandState.QUEUED)
    return list(queued.values_list("process", flat=True).distinct())


def visible_ask(user: User, ask_id: str) -> Ask | None:
    """The ask, for its own person, or for others once its session is published; who they are is asked elsewhere."""
    rows = Ask.objects.filter(Q(user=user) | Q(session__isnull=False), pk=ask_id)
    return rows.select_related("process__machine__device", "user", "workspace", "session").first()


def commands_of_run(run: Run, *, since: datetime) -> list[Command]:
    """The newest first; the last ones alone, and those made since."""
    made = Command.objects.filter(run=run, created_at__gte=since)
    return list(made.select_related("user").order_by("-id")[:3])


def commands_of_asks(asks: Collection[Ask]) -> dict[str, list[Command]]:
    """By the asks' ids, the newest COMMANDS_SHOWN of each, the newest first."""
    found: dict[str, list[Command]] = {}
    for command in Command.objects.filter(ask__in=asks).select_related("user").order_by("-id")[:COMMANDS_READ]:
        found.setdefault(command.ask_id or "", []).append(command)
    return {ask_id: each[:COMMANDS_SHOWN] for ask_id, each in found.items()}

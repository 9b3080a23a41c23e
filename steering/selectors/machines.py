"""A person's machines with the agents that run on them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db.models import Count, Q

from accounts.models import User
from steering.models import AgentProcess, Machine

SHOWN_MACHINES: Final = 50
SHOWN_PROCESSES: Final = 200


@dataclass(frozen=True, slots=True)
class RunningAgent:
    """An agent that a bridge speaks for now; `waiting` is how many asks it has."""

    agent: str
    kind: str
    directory: str
    workspace: str
    started_at: datetime
    waiting: int


@dataclass(frozen=True, slots=True)
class ShownMachine:
    name: str
    device: str
    bridge: str
    last_seen_at: datetime
    agents: list[RunningAgent] = field(default_factory=list)


def has_machines(user_id: str) -> bool:
    """Whether a bridge of the person's has ever said hello, by a login that stands."""
    return Machine.objects.filter(device__user=user_id, device__revoked_at=None).exists()


def machines_of(user: User) -> list[ShownMachine]:
    """The person's machines, those heard of last first, without those whose login was revoked."""
    rows = Machine.objects.filter(device__user=user, device__revoked_at=None).select_related("device")
    shown = {
        row.pk: ShownMachine(row.name, row.device.name, row.bridge, row.last_seen_at)
        for row in rows.order_by("-last_seen_at")[:SHOWN_MACHINES]
    }
    running = AgentProcess.objects.filter(machine__in=shown, ended_at=None).select_related("workspace")
    waiting = Count("asks", filter=Q(asks__is_open=True))
    for process in running.annotate(waiting=waiting).order_by("started_at")[:SHOWN_PROCESSES]:
        agent = RunningAgent(
            process.agent, process.kind, process.directory, process.workspace.name, process.started_at, process.waiting
        )
        shown[process.machine_id].agents.append(agent)
    return list(shown.values())

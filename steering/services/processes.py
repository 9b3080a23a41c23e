"""Agent processes: they say hello, are seen, say goodbye, and are given up when they fall silent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts.models import User
from accounts.services.mail import mail_send
from opencode.lib.clock import utc_now
from opencode.lib.errors import TooManyRequests
from opencode.lib.ids import random_base62
from opencode.lib.keyring import current_version, mac, mac_matches
from opencode.lib.textlines import visible_part
from steering.errors import BridgeReplaced, ProcessTaken
from steering.models import AgentProcess, Machine
from steering.models.machines import DIRECTORY_CHARACTERS, NAME_CHARACTERS
from steering.protocol.commands import is_raised
from steering.protocol.frames import Hello
from steering.protocol.states import AskState
from steering.services.changes import asks_change
from workspaces.access import DeviceAccess

RESUME_PURPOSE: Final = "bridge-resume"
RESUME_BITS: Final = 192
MACHINES_OF_A_DEVICE: Final = 20
PROCESSES_OF_A_MACHINE: Final = 50
SILENT_SECONDS: Final = 7
"""A process that says nothing for so long is given up at the next beat, within ten seconds."""
LOST_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Admitted:
    """A process as its newest connection has it; `resume` is the secret to come back with, empty when it is known."""

    process_id: int
    generation: int
    client_id: str
    resume: str


@transaction.atomic
def process_hello(*, access: DeviceAccess, hello: Hello) -> Admitted:
    """Take the next generation of the process; an earlier connection of it is refused from then on.

    Raises ProcessTaken when the process is known and the secret is not its, TooManyRequests.
    """
    machine = _machine(access, hello)
    found = AgentProcess.objects.select_for_update().filter(machine=machine, client_id=hello.process).first()
    if found is None:
        return _created(machine, access, hello)
    if not mac_matches(RESUME_PURPOSE, hello.resume, found.hash_version, found.resume_hash):
        raise ProcessTaken
    found.generation += 1
    found.workspace_id, found.ended_at, found.last_seen_at = access.workspace_id, None, utc_now()
    found.save(update_fields=["generation", "workspace", "ended_at", "last_seen_at"])
    return Admitted(found.pk, found.generation, found.client_id, hello.resume)


def process_lock(process_id: int, generation: int) -> AgentProcess:
    """The process, locked, for a connection of this generation. Raises BridgeReplaced."""
    process = AgentProcess.objects.select_for_update().filter(pk=process_id, generation=generation).first()
    if process is None:
        raise BridgeReplaced
    return process


@transaction.atomic
def process_end(*, process_id: int, generation: int) -> list[str]:
    """The agent has ended: what it waited for is lost. Returns the ids of those asks. Raises BridgeReplaced."""
    process = process_lock(process_id, generation)
    process.ended_at = process.last_seen_at = utc_now()
    process.save(update_fields=["ended_at", "last_seen_at"])
    return asks_change(process.asks.filter(is_open=True), AskState.LOST)


def processes_seen(*, heard: Mapping[int, int], now: datetime) -> set[int]:
    """Note that these processes (ids, with the generation of their connection) said something just now.

    Returns the ids of those whose connection has been replaced.
    """
    current = dict(AgentProcess.objects.filter(pk__in=heard).values_list("pk", "generation"))
    standing = [pk for pk, generation in heard.items() if current.get(pk) == generation]
    AgentProcess.objects.filter(pk__in=standing).update(last_seen_at=now, ended_at=None)
    Machine.objects.filter(processes__in=standing).update(last_seen_at=now)
    return set(heard) - set(standing)


def processes_lose(*, now: datetime) -> list[str]:
    """Give up the processes that fell silent. Returns the ids of the asks that are lost by it."""
    silent = AgentProcess.objects.filter(ended_at=None, last_seen_at__lt=now - timedelta(seconds=SILENT_SECONDS))
    ids: Sequence[int] = list(silent.values_list("pk", flat=True)[:LOST_AT_ONCE])
    return [ask_id for process_id in ids for ask_id in _lose(process_id, now)]


@transaction.atomic
def _lose(process_id: int, now: datetime) -> list[str]:
    """Looked at again under the lock: it may have come back."""
    since = now - timedelta(seconds=SILENT_SECONDS)
    silent = AgentProcess.objects.select_for_update().filter(pk=process_id, ended_at=None, last_seen_at__lt=since)
    process = silent.first()
    if process is None:
        return []
    process.ended_at = process.last_seen_at
    process.save(update_fields=["ended_at"])
    return asks_change(process.asks.filter(is_open=True), AskState.LOST)


def _machine(access: DeviceAccess, hello: Hello) -> Machine:
    name = visible_part(hello.machine)[:NAME_CHARACTERS] or "machine"
    mode = hello.mode if hello.mode in Machine.Mode.values else Machine.Mode.WATCH
    told = {"mode": mode, "bridge": visible_part(hello.bridge), "last_seen_at": utc_now()}
    known = Machine.objects.select_for_update().filter(device_id=access.device_id, name=name).first()
    if is_raised(known.mode if known else Machine.Mode.WATCH, mode):
        _tell_raised(access, name, mode)
    if known is not None:
        Machine.objects.filter(pk=known.pk).update(**told)
        known.mode = mode
        return known
    if Machine.objects.filter(device_id=access.device_id).count() >= MACHINES_OF_A_DEVICE:
        raise TooManyRequests("This login is used on as many machines as it can be.", limit=MACHINES_OF_A_DEVICE)
    return Machine.objects.get_or_create(device_id=access.device_id, name=name, defaults=told)[0]


def _tell_raised(access: DeviceAccess, name: str, mode: str) -> None:
    """By mail: whoever wrote the machine's file may not be its person."""
    person = User.objects.filter(pk=access.user_id).values_list("email", flat=True).get()
    url = settings.PUBLIC_URL + reverse("steering:machines")
    mail_send(to=person, template="steering/mail/raised.html", context={"name": name, "mode": mode, "url": url})


def _created(machine: Machine, access: DeviceAccess, hello: Hello) -> Admitted:
    alive = AgentProcess.objects.filter(machine=machine, ended_at=None).count()
    if alive >= PROCESSES_OF_A_MACHINE:
        raise TooManyRequests("As many agents run on this machine as can be told apart.", limit=PROCESSES_OF_A_MACHINE)
    resume, version = random_base62(RESUME_BITS), current_version()
    process = AgentProcess.objects.create(
        machine=machine,
        client_id=hello.process,
        workspace_id=access.workspace_id,
        agent=visible_part(hello.agent)[:NAME_CHARACTERS],
        kind=visible_part(hello.kind),
        directory=visible_part(hello.directory)[:DIRECTORY_CHARACTERS],
        generation=1,
        resume_hash=mac(RESUME_PURPOSE, resume, version),
        hash_version=version,
    )
    return Admitted(process.pk, 1, process.client_id, resume)

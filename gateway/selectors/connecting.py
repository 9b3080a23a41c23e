"""Whether what a person is about to connect has arrived: a signed-in agent, a share token's, a program with a key."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from django.db.models import QuerySet

from accounts.models import Device
from accounts.selectors.devices import live_devices
from sync.models import Session
from workspaces.access import WorkspaceAccess
from workspaces.selectors.credentials import api_keys, live, share_tokens

DEVICES_SHOWN: Final = 3
RECENT_SESSIONS: Final = 20
"""How many of the latest sessions are looked at for one of what has connected."""


class Way(StrEnum):
    """How something reaches the console: as a person, with a share token, with an API key."""

    LOGIN = "login"
    TOKEN = "token"  # noqa: S105 - a word
    KEY = "key"


@dataclass(frozen=True, slots=True)
class Connected:
    """What has arrived: its name, the program where it says so, since when, and the latest session it made here."""

    name: str
    program: str
    at: datetime
    session: Session | None


def connected(access: WorkspaceAccess, way: Way, credential_id: str, since: datetime) -> Connected | None:
    """What has connected by this way: a login since then, or the token or key with this id that was used.

    None while nothing has, and for a token or key that the person may not see.
    """
    if way == Way.LOGIN:
        device = live_devices(access.user).filter(created_at__gte=since).first()
        if device is None:
            return None
        return _arrived(access, device.pk, device.name, device.agent, device.last_used_at or device.created_at)
    return _used(access, way, credential_id)


def devices_shown(access: WorkspaceAccess) -> list[Device]:
    """The person's agents that are signed in, the newest few."""
    return list(live_devices(access.user)[:DEVICES_SHOWN])


def _used(access: WorkspaceAccess, way: Way, credential_id: str) -> Connected | None:
    rows: QuerySet[Any] = share_tokens(access.workspace)
    if way == Way.KEY:
        rows = api_keys(access.workspace, only_of=access.user)
    row = live(rows).filter(pk=credential_id).exclude(last_used_at=None).first()
    return None if row is None else _arrived(access, row.pk, row.name, "", row.last_used_at)


def _arrived(access: WorkspaceAccess, credential_id: str, name: str, program: str, at: datetime) -> Connected:
    latest = Session.objects.filter(workspace=access.workspace).order_by("-last_activity_at", "-id")
    session = next((each for each in latest[:RECENT_SESSIONS] if each.made_with_id == credential_id), None)
    return Connected(name, program, at, session)

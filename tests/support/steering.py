"""A person's machine, its bridge and their browser, as tests of steering play them."""

import json
import time
from dataclasses import dataclass, field
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from steering.models import Ask
from tests.cast import browser
from tests.support.asgi_socket import ASGISocket
from tests.support.bridges import bridge_socket, taken
from tests.support.devices import SignedIn
from tests.support.rooms import Room
from workspaces.models import AuditEntry

HOUR = 3600
CONTROLS = "/workspaces/alpha/sessions/ses_1/steer/"


def show_factors(client: Client, person: User, factors: list[tuple[str, float]]) -> None:
    """The browser of the person has shown each of these second factors, so many seconds ago."""
    session, now = client.session, time.time()
    session["account_authentication_methods"] = [
        {"method": "mfa", "type": kind, "at": now - age} for kind, age in factors
    ]
    session["account_authentication_methods_user"] = str(person.pk)
    session.save()


@dataclass
class Stage:
    """Carol's machine, which allows everything in a workspace that does, and her browser with a fresh second factor."""

    room: Room
    device: SignedIn
    factors: list[tuple[str, float]] = field(default_factory=lambda: [("totp", 0)])

    def bridge(self) -> ASGISocket:
        return bridge_socket(self.device, self.room.cast.alpha.pk)

    async def decide(self, person: User | None = None, **posted: Any) -> tuple[int, str]:
        """Post a decision about the one ask; the status, and what the page says then."""
        return await sync_to_async(self._decide)(person or self.room.cast.carol, posted)

    async def steer(self, person: User | None = None, **posted: Any) -> tuple[int, str]:
        """Post to the controls of ses_1 as their script does; the status and what it is answered."""
        return await sync_to_async(self._steer)(person or self.room.cast.carol, posted)

    async def controls(self, person: User | None = None) -> tuple[int, str]:
        """The controls of ses_1 as they are now."""
        return await sync_to_async(self._controls)(person or self.room.cast.carol)

    def browser(self, person: User) -> Client:
        """Signed in, having shown the second factors of the stage."""
        client = browser(person)
        show_factors(client, person, self.factors)
        return client

    def _decide(self, person: User, posted: dict[str, Any]) -> tuple[int, str]:
        ask, client = Ask.objects.get(), self.browser(person)
        path = f"/asks/{ask.pk}/"
        answer: HttpResponse = client.post(path, {"digest": ask.digest, "op": "allow", **posted})
        page = client.get(path)
        return answer.status_code, page.content.decode()

    def _steer(self, person: User, posted: dict[str, Any]) -> tuple[int, str]:
        answer = self.browser(person).post(CONTROLS, {"fragment": "1", **posted})
        return answer.status_code, answer.content.decode()

    def _controls(self, person: User) -> tuple[int, str]:
        answer = self.browser(person).get(CONTROLS)
        return answer.status_code, answer.content.decode()


async def acts() -> list[tuple[str, dict[str, Any]]]:
    """What the audit log says of steering, the oldest first."""
    rows = AuditEntry.objects.filter(action__startswith="steering.").order_by("seq")
    return [(row.action, json.loads(row.details)) async for row in rows]


async def result(bridge: ASGISocket, command: dict[str, Any], outcome: str) -> None:
    """The bridge has taken the command, and says what became of it."""
    await bridge.send({"type": "took", "id": command["id"]})
    await bridge.send({"type": "result", "id": command["id"], "outcome": outcome, "detail": ""})
    await taken(bridge)

"""Opening a session: the reading threads only read; what has to be written for it waits elsewhere."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.db import connection
from django.test.utils import CaptureQueriesContext

from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from sync.live import access
from sync.live.access import EDITOR, SessionAccess, SessionRequest, access_decide
from sync.live.runtime import READING_THREADS, stop_runtime
from sync.live.ticketing import socket_ticket_create
from sync.models import Session, Share
from tests.cast import Cast, make_cast
from tests.support.asgi_socket import ASGISocket
from tests.support.devices import device_of
from workspaces.services.api_keys import api_key_create

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/sync/v1/sessions/"


@dataclass
class Room:
    cast: Cast
    session: Session
    share: Share
    bearer: str


def _make_room() -> Room:
    cast = make_cast()
    session = Session.objects.create(client_id="ses_1", workspace=cast.alpha, owner_key=cast.alpha.id)
    share = Share.objects.create(session=session, secret_version=1)
    _, token = api_key_create(
        workspace=cast.alpha, created_by=cast.carol, name="k", scopes=["sync:write"], actor=THE_CONSOLE
    )
    return Room(cast, session, share, f"Bearer {token}")


@pytest_asyncio.fixture
async def room() -> AsyncIterator[Room]:
    yield await sync_to_async(_make_room)()
    await stop_runtime()


def by_key(room: Room) -> SessionRequest:
    return SessionRequest("ses_new", authorization=room.bearer)


def by_device(room: Room) -> SessionRequest:
    token = device_of(room.cast.carol).access
    return SessionRequest("ses_new", authorization=f"Bearer {token}", org=room.cast.alpha.pk)


def by_ticket(room: Room) -> SessionRequest:
    given = SessionAccess(room.session.pk, "ses_1", EDITOR, share_id=room.share.pk)
    return SessionRequest("ses_1", ticket=socket_ticket_create(access=given, target="ses_1", now=utc_now()))


@pytest.mark.parametrize("request_of", [by_key, by_device, by_ticket])
def test_deciding_writes_nothing(request_of: Callable[[Room], SessionRequest]) -> None:
    request = request_of(_make_room())
    # Once a minute a key's and a device's use is noted.
    access_decide(request)
    with CaptureQueriesContext(connection) as queries:
        decided = access_decide(request)
    assert {query["sql"].lstrip("(").split()[0] for query in queries.captured_queries} == {"SELECT"}
    assert not isinstance(decided, SessionAccess)
    assert decided().role == EDITOR


async def test_creates_that_wait_for_a_lock_delay_no_reader(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = threading.Event()
    created = access._created

    def waits(given: SessionAccess, user_id: str | None) -> SessionAccess:
        lock.wait(30)
        return created(given, user_id)

    monkeypatch.setattr(access, "_created", waits)
    headers = {"authorization": room.bearer}
    async with AsyncExitStack() as stack:
        sockets = [
            await stack.enter_async_context(ASGISocket(f"{PATH}ses_new{number}", headers))
            for number in range(READING_THREADS)
        ]
        async with ASGISocket(f"{PATH}{room.share.pk}") as reader:
            await reader.frame("welcome")
        lock.set()
        await asyncio.gather(*(socket.frame("welcome") for socket in sockets))
    assert await Session.objects.filter(client_id__startswith="ses_new").acount() == READING_THREADS

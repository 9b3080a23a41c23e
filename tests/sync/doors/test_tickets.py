"""Single-use tickets: who gets one, what it opens, and that it opens it once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.conf import LazySettings

from accounts.services.sessions import sessions_end_others
from opencode.asgi import application
from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from sync.archive.erasure.erasing import session_erase
from sync.live.runtime import stop_runtime
from sync.live.ticketing import socket_tickets_purge
from sync.models import Session, Share, SocketTicket
from tests.cast import Cast, browser, make_cast
from tests.support.agent_client import denial_of
from tests.support.asgi_socket import HOST, ASGISocket
from workspaces.models import APIKey, Membership
from workspaces.services.api_keys import api_key_create

pytestmark = pytest.mark.django_db(transaction=True)
TICKETS, SOCKET = "/sync/v1/tickets", "/sync/v1/sessions/ses_1"


@dataclass
class Desk:
    """Where tickets for alpha's session `ses_1` are asked for, by key and by carol's cookie."""

    cast: Cast
    session: Session
    key: dict[str, str]
    cookie: dict[str, str]
    http: httpx.AsyncClient

    async def ask(self, headers: dict[str, str], body: Any = None) -> httpx.Response:
        return await self.http.post(TICKETS, json={"session": "ses_1"} if body is None else body, headers=headers)

    async def ticket(self) -> str:
        answer = await self.ask(self.key)
        return str(answer.json()["ticket"])


def _make_desk() -> Desk:
    cast = make_cast()
    session = Session.objects.create(client_id="ses_1", workspace=cast.alpha, owner_key=cast.alpha.id)
    _, key = api_key_create(
        workspace=cast.alpha, created_by=cast.carol, name="k", scopes=["sync:write"], actor=THE_CONSOLE
    )
    transport = httpx.ASGITransport(app=application)  # type: ignore[arg-type]
    return Desk(
        cast,
        session,
        {"authorization": f"Bearer {key}"},
        {"cookie": f"opencode_session={browser(cast.carol).cookies['opencode_session'].value}"},
        httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}", trust_env=False),
    )


@pytest_asyncio.fixture
async def desk(settings: LazySettings) -> AsyncIterator[Desk]:
    settings.SYNC_HEARTBEAT_SECONDS = 0.2
    yield await sync_to_async(_make_desk)()
    await stop_runtime()


def opening(ticket: str, path: str = SOCKET) -> ASGISocket:
    return ASGISocket(path, subprotocols=("opencode.sync.v1", f"opencode.ticket.{ticket}"))


async def outcome(ticket: str, path: str = SOCKET) -> str:
    """The role the ticket is welcomed with, or the code it is refused with."""
    async with opening(ticket, path) as socket:
        frame = await socket.first()
    return str(frame.get("role") or frame["code"])


async def test_ticket_of_a_key_opens_a_socket_that_writes(desk: Desk) -> None:
    answer = await desk.ask(desk.key)
    assert answer.json()["expires_in"] == 60
    async with opening(answer.json()["ticket"]) as socket:
        welcome = await socket.frame("welcome")
        await socket.publish("a", "session/info/ses_1", {})
        ack = await socket.frame("ack")
    assert (socket.subprotocol, welcome["role"], ack["to"]) == ("opencode.sync.v1", "editor", 1)


async def test_ticket_of_a_cookie_reads(desk: Desk) -> None:
    answer = await desk.ask({**desk.cookie, "origin": f"http://{HOST}"})
    assert await outcome(answer.json()["ticket"]) == "viewer"


async def test_ticket_opens_once(desk: Desk) -> None:
    ticket = await desk.ticket()
    assert await outcome(ticket) == "editor"
    assert await outcome(ticket) == "credentials_invalid"
    assert not await SocketTicket.objects.aexists()


async def test_of_many_who_race_for_a_ticket_one_gets_it(desk: Desk) -> None:
    ticket = await desk.ticket()
    async with AsyncExitStack() as stack:
        sockets = await asyncio.gather(*(stack.enter_async_context(opening(ticket)) for _ in range(12)))
        frames = await asyncio.gather(*(socket.first() for socket in sockets))
    assert sorted(frame["type"] for frame in frames) == ["error"] * 11 + ["welcome"]


async def test_ticket_is_not_stored_as_it_is(desk: Desk) -> None:
    ticket = await desk.ticket()
    stored = await SocketTicket.objects.values().aget()
    assert ticket not in str(stored)
    assert len(ticket) >= 32


async def test_expired_ticket_opens_nothing_and_is_swept(desk: Desk) -> None:
    ticket = await desk.ticket()
    await SocketTicket.objects.aupdate(expires_at=utc_now() - timedelta(seconds=1))
    alive = await desk.ticket()
    assert await outcome(ticket) == "credentials_invalid"
    assert await sync_to_async(socket_tickets_purge)(now=utc_now()) == 1
    assert await outcome(alive) == "editor"


async def test_ticket_lives_a_minute(desk: Desk) -> None:
    before = utc_now()
    await desk.ticket()
    row = await SocketTicket.objects.aget()
    assert before + timedelta(seconds=59) < row.expires_at < utc_now() + timedelta(seconds=61)


@pytest.mark.parametrize("path", ["/sync/v1/sessions/ses_2", "/sync/v1/sessions/other"])
async def test_ticket_opens_only_the_session_it_was_made_for(desk: Desk, path: str) -> None:
    assert await outcome(await desk.ticket(), path) == "credentials_invalid"


async def test_ticket_of_a_revoked_key_opens_nothing(desk: Desk) -> None:
    ticket = await desk.ticket()
    await APIKey.objects.aupdate(revoked_at=utc_now())
    assert await outcome(ticket) == "credentials_invalid"


async def test_ticket_of_a_removed_member_opens_nothing(desk: Desk) -> None:
    answer = await desk.ask({**desk.cookie, "origin": f"http://{HOST}"})
    await Membership.objects.filter(user=desk.cast.carol).adelete()
    assert await outcome(answer.json()["ticket"]) == "credentials_invalid"


async def test_socket_of_a_ticket_is_closed_when_its_key_is_revoked(desk: Desk) -> None:
    async with opening(await desk.ticket()) as socket:
        await socket.frame("welcome")
        await APIKey.objects.aupdate(revoked_at=utc_now())
        assert await socket.closed() == 4401


async def test_erasing_a_session_takes_its_tickets(desk: Desk) -> None:
    ticket = await desk.ticket()
    await sync_to_async(session_erase)(session_id=desk.session.pk, actor=THE_CONSOLE)
    assert await outcome(ticket) == "credentials_invalid"


@pytest.mark.parametrize(
    "headers", [{}, {"origin": "https://evil.example"}, {"sec-fetch-site": "same-origin"}], ids=str
)
async def test_cookie_without_the_pages_own_origin_gets_no_ticket(desk: Desk, headers: dict[str, str]) -> None:
    assert denial_of(await desk.ask({**desk.cookie, **headers})) == (403, "origin_forbidden")


async def test_link_alone_gets_no_ticket(desk: Desk) -> None:
    share = await Share.objects.acreate(session=desk.session, secret_version=1)
    assert denial_of(await desk.ask({}, {"session": share.pk})) == (401, "credentials_missing")


@pytest.mark.parametrize("body", [[], {}, {"session": 1}])
async def test_malformed_body_is_refused(desk: Desk, body: Any) -> None:
    assert denial_of(await desk.ask(desk.key, body)) == (400, "body_malformed")


async def test_ticket_of_a_browser_that_is_signed_out_opens_nothing(desk: Desk) -> None:
    page = {**desk.cookie, "origin": f"http://{HOST}"}
    ticket = (await desk.ask(page)).json()["ticket"]
    await sync_to_async(sessions_end_others)(user=desk.cast.carol, keep="")
    assert await outcome(ticket) == "credentials_invalid"

"""Single-use tickets: who gets one, what it opens, and that it opens it once."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async

from accounts.services.sessions import sessions_end_others
from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from sync.archive.erasure.erasing import session_erase
from sync.live.ticketing import socket_tickets_purge
from sync.models import Share, SocketTicket
from tests.support.agent_client import denial_of
from tests.support.asgi_socket import ASGISocket
from tests.support.rooms import SESSION, Headers, Room
from workspaces.models import APIKey, Membership

pytestmark = pytest.mark.django_db(transaction=True)
TICKETS = "/sync/v1/tickets"


async def ask(room: Room, headers: Headers, body: Any = None) -> httpx.Response:
    return await room.http.post(TICKETS, json={"session": "ses_1"} if body is None else body, headers=headers)


async def new_ticket(room: Room) -> str:
    """One by carol's key that writes."""
    return str((await ask(room, room.writing)).json()["ticket"])


def opening(ticket: str, path: str = SESSION) -> ASGISocket:
    return ASGISocket(path, subprotocols=("opencode.sync.v1", f"opencode.ticket.{ticket}"))


async def outcome(ticket: str, path: str = SESSION) -> str:
    """The role the ticket is welcomed with, or the code it is refused with."""
    async with opening(ticket, path) as socket:
        frame = await socket.first()
    return str(frame.get("role") or frame["code"])


async def test_ticket_of_a_key_opens_a_socket_that_writes(room: Room) -> None:
    answer = await ask(room, room.writing)
    assert answer.json()["expires_in"] == 60
    async with opening(answer.json()["ticket"]) as socket:
        welcome = await socket.frame("welcome")
        await socket.publish("a", "session/info/ses_1", {})
        ack = await socket.frame("ack")
    assert (socket.subprotocol, welcome["role"], ack["to"]) == ("opencode.sync.v1", "editor", 1)


async def test_ticket_of_a_cookie_reads(room: Room) -> None:
    answer = await ask(room, room.page)
    assert await outcome(answer.json()["ticket"]) == "viewer"


async def test_ticket_opens_once(room: Room) -> None:
    ticket = await new_ticket(room)
    assert await outcome(ticket) == "editor"
    assert await outcome(ticket) == "credentials_invalid"
    assert not await SocketTicket.objects.aexists()


async def test_of_many_who_race_for_a_ticket_one_gets_it(room: Room) -> None:
    ticket = await new_ticket(room)
    async with AsyncExitStack() as stack:
        sockets = await asyncio.gather(*(stack.enter_async_context(opening(ticket)) for _ in range(12)))
        frames = await asyncio.gather(*(socket.first() for socket in sockets))
    assert sorted(frame["type"] for frame in frames) == ["error"] * 11 + ["welcome"]


async def test_ticket_is_not_stored_as_it_is(room: Room) -> None:
    ticket = await new_ticket(room)
    stored = await SocketTicket.objects.values().aget()
    assert ticket not in str(stored)
    assert len(ticket) >= 32


async def test_expired_ticket_opens_nothing_and_is_swept(room: Room) -> None:
    ticket = await new_ticket(room)
    await SocketTicket.objects.aupdate(expires_at=utc_now() - timedelta(seconds=1))
    alive = await new_ticket(room)
    assert await outcome(ticket) == "credentials_invalid"
    assert await sync_to_async(socket_tickets_purge)(now=utc_now()) == 1
    assert await outcome(alive) == "editor"


async def test_ticket_lives_a_minute(room: Room) -> None:
    before = utc_now()
    await new_ticket(room)
    row = await SocketTicket.objects.aget()
    assert before + timedelta(seconds=59) < row.expires_at < utc_now() + timedelta(seconds=61)


@pytest.mark.parametrize("path", ["/sync/v1/sessions/ses_2", "/sync/v1/sessions/other"])
async def test_ticket_opens_only_the_session_it_was_made_for(room: Room, path: str) -> None:
    assert await outcome(await new_ticket(room), path) == "credentials_invalid"


async def test_ticket_of_a_revoked_key_opens_nothing(room: Room) -> None:
    ticket = await new_ticket(room)
    await APIKey.objects.aupdate(revoked_at=utc_now())
    assert await outcome(ticket) == "credentials_invalid"


async def test_ticket_of_a_removed_member_opens_nothing(room: Room) -> None:
    answer = await ask(room, room.page)
    await Membership.objects.filter(user=room.cast.carol).adelete()
    assert await outcome(answer.json()["ticket"]) == "credentials_invalid"


async def test_socket_of_a_ticket_is_closed_when_its_key_is_revoked(room: Room) -> None:
    async with opening(await new_ticket(room)) as socket:
        await socket.frame("welcome")
        await APIKey.objects.aupdate(revoked_at=utc_now())
        assert await socket.closed() == 4401


async def test_erasing_a_session_takes_its_tickets(room: Room) -> None:
    ticket = await new_ticket(room)
    await sync_to_async(session_erase)(session_id=room.session.pk, actor=THE_CONSOLE)
    assert await outcome(ticket) == "credentials_invalid"


@pytest.mark.parametrize(
    "headers", [{}, {"origin": "https://evil.example"}, {"sec-fetch-site": "same-origin"}], ids=str
)
async def test_cookie_without_the_pages_own_origin_gets_no_ticket(room: Room, headers: dict[str, str]) -> None:
    assert denial_of(await ask(room, {**room.cookie, **headers})) == (403, "origin_forbidden")


async def test_link_alone_gets_no_ticket(room: Room) -> None:
    share = await Share.objects.acreate(session=room.session, secret_version=1)
    assert denial_of(await ask(room, {}, {"session": share.pk})) == (401, "credentials_missing")


@pytest.mark.parametrize("body", [[], {}, {"session": 1}])
async def test_malformed_body_is_refused(room: Room, body: Any) -> None:
    assert denial_of(await ask(room, room.writing, body)) == (400, "body_malformed")


async def test_ticket_of_a_browser_that_is_signed_out_opens_nothing(room: Room) -> None:
    ticket = (await ask(room, room.page)).json()["ticket"]
    await sync_to_async(sessions_end_others)(user=room.cast.carol, keep="")
    assert await outcome(ticket) == "credentials_invalid"

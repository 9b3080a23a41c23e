"""A right that ends in this process closes its sockets at once: the heartbeat here comes once an hour."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from allauth.usersessions.models import UserSession
from asgiref.sync import sync_to_async
from django.conf import LazySettings
from django.contrib.sessions.models import Session as BrowserSession
from django.test import Client
from django.urls import reverse

from accounts.services.deletions import account_delete
from accounts.services.sessions import sessions_end_others
from accounts.services.suspensions import person_suspend
from opencode.lib.actor import PERSON, STAFF, SYSTEM, THE_CONSOLE, Actor
from sync.archive.erasure.erasing import session_erase
from sync.doors.fragments import FragmentFront
from sync.live.runtime import get_runtime
from sync.models import Session
from sync.sharing.links import share_link_end
from tests.cast import acting, browser
from tests.support.asgi_socket import ASGISocket
from tests.support.rooms import SESSION, Room
from workspaces.services.api_keys import api_key_revoke
from workspaces.services.blocks import workspace_block
from workspaces.services.deletions import workspace_delete
from workspaces.services.memberships import membership_remove
from workspaces.services.slugs import workspace_slug_set

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def heartbeat_seconds() -> float:
    return 3600


def revoke_key(room: Room) -> None:
    api_key_revoke(key=room.carols_key("sync:read"), actor=THE_CONSOLE)


def remove_carol(room: Room) -> None:
    membership_remove(membership=room.cast.membership(room.cast.carol), actor=acting(room.cast.alice))


def delete_workspace(room: Room) -> None:
    workspace_delete(workspace=room.cast.alpha, actor=THE_CONSOLE)


def sign_carol_out_from_afar(room: Room) -> None:
    sessions_end_others(user=room.cast.carol, keep="")


def sign_out(room: Room) -> None:
    client = Client()
    client.cookies["opencode_session"] = room.page["cookie"].partition("=")[2]
    client.post(reverse("account_logout"))


def close_account(room: Room) -> None:
    account_delete(actor=Actor(PERSON, room.cast.carol.pk))


def suspend_carol(room: Room) -> None:
    person_suspend(user=room.cast.carol, actor=Actor(STAFF, room.cast.charlie.pk, reason="abuse"))


def block_workspace(room: Room) -> None:
    workspace_block(workspace=room.cast.alpha, actor=Actor(SYSTEM, reason="a bill"))


def end_share(room: Room) -> None:
    share_link_end(share=room.share, actor=THE_CONSOLE)


def erase(room: Room) -> None:
    session_erase(session_id=room.session.pk, actor=THE_CONSOLE)


@pytest.mark.parametrize(
    ("reader", "ending", "code"),
    [
        ("reading", revoke_key, 4401),
        ("reading", remove_carol, 4403),
        ("page", remove_carol, 4403),
        ("reading", erase, 4410),
        ("page", erase, 4410),
        ("page", sign_carol_out_from_afar, 4401),
        ("page", sign_out, 4401),
        ("reading", delete_workspace, 4410),
        ("page", delete_workspace, 4410),
        ("reading", block_workspace, 4410),
        ("page", close_account, 4401),
        ("page", suspend_carol, 4401),
        ("reading", suspend_carol, 4403),
        ("reading", close_account, 4403),
    ],
)
async def test_reader_is_disconnected_when_the_right_ends(
    room: Room, reader: str, ending: Callable[[Room], None], code: int
) -> None:
    async with ASGISocket(SESSION, getattr(room, reader)) as socket:
        await socket.frame("snapshot")
        await sync_to_async(ending)(room)
        assert await socket.closed() == code


@pytest.mark.parametrize("ending", [end_share, erase, delete_workspace])
async def test_reader_of_a_share_is_disconnected(room: Room, ending: Callable[[Room], None]) -> None:
    async with ASGISocket(room.path) as socket:
        await socket.frame("snapshot")
        await sync_to_async(ending)(room)
        assert await socket.closed() == 4410


@pytest.mark.parametrize("ending", [revoke_key, remove_carol, end_share, sign_carol_out_from_afar])
async def test_others_go_on_reading(room: Room, ending: Callable[[Room], None]) -> None:
    alices = await sync_to_async(room.key_of)(room.cast.alice, "sync:read")
    async with ASGISocket(SESSION, alices) as socket:
        await socket.frame("snapshot")
        await sync_to_async(ending)(room)
        await socket.send({"type": "ping"})
        assert (await socket.frame("heartbeat"))["seq"] == 0


async def test_other_browser_of_the_same_person_goes_on(room: Room) -> None:
    other = await sync_to_async(browser)(room.cast.carol)
    cookie = other.cookies["opencode_session"].value
    async with ASGISocket(SESSION, {**room.page, "cookie": f"opencode_session={cookie}"}) as socket:
        await socket.frame("snapshot")
        await sync_to_async(sign_out)(room)
        await socket.send({"type": "ping"})
        assert (await socket.frame("heartbeat"))["seq"] == 0


@pytest.mark.parametrize("way", ["ended elsewhere", "past its end"])
async def test_other_processes_learn_of_it_from_the_rows(room: Room, way: str, settings: LazySettings) -> None:
    settings.SYNC_HEARTBEAT_SECONDS = 0.05
    rows = {"ended elsewhere": UserSession.objects.all(), "past its end": BrowserSession.objects.all()}
    async with ASGISocket(SESSION, room.page) as socket:
        await socket.frame("snapshot")
        await sync_to_async(rows[way].delete)()  # no fact: as when another process did it
        assert await socket.closed() == 4401


async def test_page_opened_under_a_former_slug_connects_again(room: Room) -> None:
    await sync_to_async(workspace_slug_set)(workspace=room.cast.alpha, slug="omega", actor=THE_CONSOLE)
    async with ASGISocket(SESSION, room.page, query="workspace=alpha") as socket:
        await socket.frame("snapshot")


async def test_erased_session_is_let_go_of(room: Room) -> None:
    async with ASGISocket(SESSION, room.reading) as socket:
        await socket.frame("snapshot")
        await sync_to_async(erase)(room)
        await socket.closed()
    assert room.session.pk not in get_runtime().hubs


def test_ending_without_a_running_loop_is_no_failure() -> None:
    room = Room()
    revoke_key(room)
    remove_carol(room)
    end_share(room)
    erase(room)
    assert not Session.objects.exists()


async def test_what_was_answered_of_an_erased_session_is_forgotten(room: Room) -> None:
    """Nothing but the epoch tells which shares' answers were its."""
    get_runtime()
    entry = "session/info/ses_1"
    asked = 0

    async def pages(_scope: Any, _receive: Any, send: Any) -> None:
        nonlocal asked
        asked += 1
        body = {"epoch": room.session.epoch, "head": 1, "header": {}, "fragments": []}
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})

    async def nowhere(_message: Any) -> None:
        pass

    front = FragmentFront(pages)
    query = urlencode({"epoch": room.session.epoch, "k": f"{entry}:1"}).encode()
    scope = {"method": "GET", "path": "/share/a-share/fragments", "query_string": query, "headers": []}
    for _ in range(2):
        await front(scope, pages, nowhere)
    assert asked == 1
    await sync_to_async(session_erase)(session_id=room.session.pk, actor=THE_CONSOLE)
    await asyncio.sleep(0)
    await front(scope, pages, nowhere)
    assert asked == 2

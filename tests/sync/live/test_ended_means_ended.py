"""Whatever a right ends by, and through whichever door somebody was there by it: they read and write no more.

At once where the process learns it itself (the heartbeat here comes once an hour), within a heartbeat where another
process wrote it down, and whatever the client does meanwhile.
"""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from allauth.usersessions.models import UserSession
from asgiref.sync import sync_to_async
from django.conf import LazySettings

from accounts.models import Device
from accounts.services.deletions import account_delete
from accounts.services.devices import device_revoke
from accounts.services.sessions import browser_session_delete
from accounts.services.suspensions import person_suspend
from accounts.sessionstore import stored_key
from opencode.lib.actor import PERSON, STAFF, SYSTEM, THE_CONSOLE, Actor
from opencode.lib.clock import utc_now
from sync.archive.erasure.erasing import session_erase
from sync.doors.http import entries
from sync.live import following, publishing
from sync.live.hub import pulled_part
from sync.live.hub.pull import PulledPart
from sync.live.publishing import session_publish
from sync.live.runtime import get_runtime, stop_runtime
from sync.models import Session, SessionEntry, Share
from sync.protocol.updates import Update
from sync.sharing.links import share_link_end
from sync.sharing.secrets import derive_share_secret
from sync.writer import queue
from tests.cast import Cast, acting, browser, make_cast
from tests.support.asgi_socket import HOST, ASGISocket
from tests.support.devices import SignedIn, device_of
from tests.sync.live.doors import (
    KEY,
    LATER,
    OVER,
    Door,
    HeldBackSync,
    Poll,
    Pull,
    Push,
    ReadingEvents,
    ReadingSocket,
    StalledEvents,
    StalledSocket,
)
from workspaces.models import APIKey, Membership, Workspace
from workspaces.services.api_keys import api_key_create, api_key_revoke
from workspaces.services.blocks import workspace_block
from workspaces.services.deletions import workspace_delete
from workspaces.services.memberships import membership_remove

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/sync/v1/sessions/"
SESSION = f"{PATH}ses_1"


@dataclass
class Room:
    """Alpha's session and all that carol is there by: a key, a browser, a device, links, and their secrets."""

    cast: Cast
    session: Session
    share: Share
    key: APIKey
    token: str
    cookie: str
    device: SignedIn
    devices_share: Share

    @property
    def by_key(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    @property
    def by_cookie(self) -> dict[str, str]:
        return {"cookie": f"opencode_session={self.cookie}", "origin": f"http://{HOST}"}

    @property
    def by_device(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.device.access}", "x-org-id": self.cast.alpha.pk}


def _make_room() -> Room:
    cast = make_cast()
    session = Session.objects.create(client_id="ses_1", workspace=cast.alpha, owner_key=cast.alpha.id)
    share = Share.objects.create(session=session, secret_version=1)
    key, token = api_key_create(
        workspace=cast.alpha, created_by=cast.carol, name="carol", scopes=["sync:write"], actor=THE_CONSOLE
    )
    cookie = browser(cast.carol).cookies["opencode_session"].value
    device = device_of(cast.carol)
    devices_share = Share.objects.create(session=session, secret_version=1, device_id=device.id, created_by=cast.carol)
    return Room(cast, session, share, key, token, cookie, device, devices_share)


@pytest_asyncio.fixture
async def room(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Room]:
    settings.SYNC_HEARTBEAT_SECONDS = 3600
    settings.SYNC_SHARE_PUBLISHES_PER_SECOND = 2
    monkeypatch.setattr(following, "LAST_WORDS_SECONDS", 0.2)
    yield await sync_to_async(_make_room)()
    await stop_runtime()


# --- what ends a right, as the product does it and as another process leaves it in the rows


@dataclass(frozen=True)
class Fact:
    name: str
    here: Callable[[Room], Any]
    elsewhere: Callable[[Room], Any]


FACTS = {
    fact.name: fact
    for fact in (
        Fact(
            "key revoked",
            lambda room: api_key_revoke(key=room.key, actor=THE_CONSOLE),
            lambda room: APIKey.objects.filter(pk=room.key.pk).update(revoked_at=utc_now()),
        ),
        Fact(
            "member removed",
            lambda room: membership_remove(
                membership=room.cast.membership(room.cast.carol), actor=acting(room.cast.alice)
            ),
            lambda room: Membership.objects.filter(user=room.cast.carol).delete(),
        ),
        Fact(
            "person suspended",
            lambda room: person_suspend(user=room.cast.carol, actor=Actor(STAFF, room.cast.charlie.pk, reason="abuse")),
            lambda room: type(room.cast.carol).objects.filter(pk=room.cast.carol.pk).update(is_active=False),
        ),
        Fact(
            "account closed",
            lambda room: account_delete(actor=Actor(PERSON, room.cast.carol.pk)),
            lambda room: type(room.cast.carol).objects.filter(pk=room.cast.carol.pk).update(is_active=False),
        ),
        Fact(
            "workspace blocked",
            lambda room: workspace_block(workspace=room.cast.alpha, actor=Actor(SYSTEM, reason="a bill")),
            lambda room: Workspace.objects.filter(pk=room.cast.alpha.pk).update(blocked_at=utc_now()),
        ),
        Fact(
            "workspace deleted",
            lambda room: workspace_delete(workspace=room.cast.alpha, actor=THE_CONSOLE),
            lambda room: Workspace.objects.filter(pk=room.cast.alpha.pk).update(deleted_at=utc_now()),
        ),
        Fact(
            "session erased",
            lambda room: session_erase(session_id=room.session.pk, actor=THE_CONSOLE),
            lambda room: Session.objects.filter(pk=room.session.pk).delete(),
        ),
        Fact(
            "share ended",
            lambda room: [share_link_end(share=share, actor=THE_CONSOLE) for share in (room.share, room.devices_share)],
            lambda room: Share.objects.update(revoked_at=utc_now()),
        ),
        Fact(
            "device revoked",
            lambda room: device_revoke(device=room.device.device, actor=THE_CONSOLE),
            lambda room: Device.objects.filter(pk=room.device.id).update(revoked_at=utc_now()),
        ),
        Fact(
            "signed out",
            lambda room: browser_session_delete(session_key=room.cookie),
            lambda room: UserSession.objects.filter(session_key=stored_key(room.cookie)).delete(),
        ),
    )
}
OF_THE_PERSON = ["member removed", "person suspended", "account closed"]
OF_THE_PLACE = ["workspace blocked", "workspace deleted", "session erased"]
ENDED_BY = {
    "key": ["key revoked", *OF_THE_PERSON, *OF_THE_PLACE],
    "ticket": ["key revoked", *OF_THE_PERSON, *OF_THE_PLACE],
    "cookie": ["signed out", *OF_THE_PERSON, *OF_THE_PLACE],
    "device": ["device revoked", *OF_THE_PERSON, *OF_THE_PLACE],
    "link": ["share ended", *OF_THE_PLACE],
    "secret": ["share ended", *OF_THE_PLACE],
    "device's secret": ["share ended", "device revoked", *OF_THE_PERSON, *OF_THE_PLACE],
}
MATRIX = [(way, fact) for way, facts in ENDED_BY.items() for fact in facts]


class Gates:
    """What keeps requests in the middle of their work, so that the right ends there."""

    def __init__(self, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room = room
        self.is_reading, self.may_read, self.is_waiting = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._release = threading.Event()
        loop = asyncio.get_running_loop()

        def slow_read(*arguments: Any, **named: Any) -> PulledPart | None:
            loop.call_soon_threadsafe(self.is_reading.set)
            self._release.wait(10)
            return pulled_part(*arguments, **named)

        turn = publishing.publish_turn

        async def told_turn(sender: Any, longest: float) -> None:
            for _ in range(3):
                get_runtime().pace.reserve(sender.access, longest)
            self.is_waiting.set()
            await turn(sender, longest)

        monkeypatch.setattr(entries, "pulled_part", slow_read)
        monkeypatch.setattr("sync.agents.batches.publish_turn", told_turn)

    def release(self) -> None:
        self._release.set()
        self.may_read.set()

    def pull(self, path: str, headers: dict[str, str]) -> Pull:
        return Pull(path, headers, self.is_reading, self.may_read)

    def sync(self, path: str, headers: dict[str, str], secret: str) -> HeldBackSync:
        return HeldBackSync(path, headers, secret, self.is_waiting)


async def doors_of(way: str, room: Room, gates: Gates) -> dict[str, Door]:
    """All doors that somebody with these credentials stands in."""
    makers = {"key": by_key, "ticket": by_ticket, "cookie": by_cookie, "device": by_device, "link": by_link}
    if way in makers:
        made = makers[way](room, gates)
        return await made if asyncio.iscoroutine(made) else made  # type: ignore[no-any-return]
    return by_secret(room.share if way == "secret" else room.devices_share, gates)


def readers(path: str, headers: dict[str, str], gates: Gates) -> dict[str, Door]:
    return {
        "socket": ReadingSocket(path, headers),
        "stalled socket": StalledSocket(path, headers),
        "events": ReadingEvents(path, headers),
        "stalled events": StalledEvents(path, headers),
        "pull": gates.pull(path, headers),
    }


def by_key(room: Room, gates: Gates) -> dict[str, Door]:
    return {**readers(SESSION, room.by_key, gates), "push": Push(SESSION, room.by_key)}


async def by_ticket(room: Room, gates: Gates) -> dict[str, Door]:
    from sync.live import SessionRequest, session_access, socket_ticket_create

    access = await session_access(SessionRequest("ses_1", authorization=f"Bearer {room.token}"))
    doors: dict[str, Door] = {}
    for name, kind in (("socket", ReadingSocket), ("stalled socket", StalledSocket)):
        ticket = await sync_to_async(socket_ticket_create)(access=access, target="ses_1", now=utc_now())
        doors[name] = kind(SESSION, {}, ("opencode.sync.v1", f"opencode.ticket.{ticket}"))
    return doors


def by_cookie(room: Room, gates: Gates) -> dict[str, Door]:
    return readers(SESSION, room.by_cookie, gates)


def by_device(room: Room, gates: Gates) -> dict[str, Door]:
    return {**readers(SESSION, room.by_device, gates), "push": Push(SESSION, room.by_device)}


def by_link(room: Room, gates: Gates) -> dict[str, Door]:
    return {**readers(f"{PATH}{room.share.pk}", {}, gates), "poll": Poll(room.share.pk)}


def by_secret(share: Share, gates: Gates) -> dict[str, Door]:
    path, secret = f"{PATH}{share.pk}", derive_share_secret(share.pk, 1)
    headers = {"authorization": f"Bearer {secret}"}
    doors: dict[str, Door] = {**readers(path, headers, gates), "push": Push(path, headers)}
    # What else an agent's batch depends on is asked for with each of its pieces (`sync.agents.targets`).
    return doors if share.device_id else {**doors, "sync": gates.sync(f"/api/share/{share.pk}", {}, secret)}


async def outcomes(doors: dict[str, Door], gates: Gates) -> dict[str, str]:
    """Of each door, while they all try to go on and somebody else publishes."""
    await asyncio.sleep(0)
    gates.release()
    waiting = [asyncio.create_task(door.outcome()) for door in doors.values()]
    try:
        update = Update(KEY.format("somebody else's"), json.dumps(LATER))
        await session_publish(session_id=gates.room.session.pk, updates=[update])
    except Exception:
        assert not await Session.objects.aexists()
    return dict(zip(doors, await asyncio.gather(*waiting), strict=True))


async def kept() -> list[str]:
    """The keys of what was taken after the end, but for what had a right to be."""
    return [key async for key in SessionEntry.objects.values_list("key", flat=True) if "somebody" not in key]


@pytest.mark.parametrize(("way", "fact"), MATRIX, ids=lambda each: each)
async def test_nothing_more_is_taken_from_or_told_to_anybody_who_was_there_by_it(
    room: Room, way: str, fact: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gates = Gates(room, monkeypatch)
    doors = await doors_of(way, room, gates)
    async with AsyncExitStack() as stack:
        for door in doors.values():
            await stack.enter_async_context(door)  # type: ignore[arg-type]
        await sync_to_async(FACTS[fact].here)(room)
        found = await outcomes(doors, gates)
    assert found == dict.fromkeys(doors, OVER)
    assert await kept() == []


@pytest.mark.parametrize(("way", "fact"), MATRIX, ids=lambda each: each)
async def test_what_another_process_wrote_down_ends_it_at_the_next_heartbeat(
    room: Room, way: str, fact: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gates = Gates(room, monkeypatch)
    doors = await doors_of(way, room, gates)
    async with AsyncExitStack() as stack:
        for door in doors.values():
            await stack.enter_async_context(door)  # type: ignore[arg-type]
        await sync_to_async(FACTS[fact].elsewhere)(room)  # no fact is sent: as when another process did it
        await get_runtime().beat()
        found = await outcomes(doors, gates)
    assert found == dict.fromkeys(doors, OVER)
    assert await kept() == []


async def test_requests_are_watched_where_nobody_reads(room: Room) -> None:
    """A process with writers only asks the database too."""
    async with Push(SESSION, room.by_key) as push:
        assert not get_runtime().hubs.session_ids
        await APIKey.objects.aupdate(revoked_at=utc_now())
        await get_runtime().beat()
        assert await push.outcome() == OVER


async def test_what_waits_for_its_commit_when_the_right_ends_is_not_kept(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    committing, go_on = threading.Event(), threading.Event()
    commit = queue.commit_publishes

    def slow_commit(batch: Any) -> Any:
        committing.set()
        go_on.wait(10)
        return commit(batch)

    async with ASGISocket(SESSION, room.by_key) as socket:
        await socket.frame("snapshot")
        monkeypatch.setattr(queue, "commit_publishes", slow_commit)
        await socket.publish("first", KEY.format("first"), 1)
        await asyncio.to_thread(committing.wait, 10)
        for number in range(5):
            await socket.publish(f"later{number}", KEY.format(number), LATER)
        await socket.settled()
        await sync_to_async(FACTS["key revoked"].here)(room)
        go_on.set()
        await socket.rest()
        other = Update("session/info/ses_1", "{}")
        await session_publish(session_id=room.session.pk, updates=[other])
    assert sorted(await kept()) == ["session/info/ses_1", KEY.format("first")]


async def test_flood_of_a_client_that_does_not_read_ends_with_its_right(room: Room) -> None:
    async with ASGISocket(SESSION, room.by_key) as socket:
        await socket.frame("snapshot")
        socket.stop_reading()
        is_under_way = asyncio.Event()

        async def flood() -> None:
            for number in range(1_000_000):
                await socket.publish(f"op{number}", KEY.format(number % 50), number)
                await asyncio.sleep(0)
                if number == 300:
                    is_under_way.set()

        flooding = asyncio.create_task(flood())
        await is_under_way.wait()
        await sync_to_async(FACTS["key revoked"].here)(room)
        # What was being committed at that moment is in before this publish of somebody else.
        head = (await session_publish(session_id=room.session.pk, updates=[Update("session/info/ses_1", "{}")])).last
        async with asyncio.timeout(10):
            await socket.aborted.wait()
        flooding.cancel()
    assert (await Session.objects.aget()).head_seq == head

"""Publishes a second and open sockets: refused by the denial contract on sockets and in JSON, held back for agents."""

import asyncio
import time

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.conf import LazySettings

from sync.live.access import VIEWER, SessionAccess
from sync.live.connections import Connection
from sync.live.runtime import get_runtime
from sync.models import Session, SessionEntry
from sync.protocol.closing import CloseCode
from sync.sharing.secrets import derive_share_secret
from tests.support.asgi_http import asgi_client
from tests.support.asgi_socket import FRAME_SECONDS, ASGISocket, communicator
from tests.support.rooms import KEY, SESSION, Headers, Room

pytestmark = pytest.mark.django_db(transaction=True)
OTHER = "/sync/v1/sessions/ses_2"


@pytest_asyncio.fixture
async def room(room: Room, settings: LazySettings) -> Room:
    """Beside a second session, seen from an address that no proxy has."""
    settings.TRUSTED_PROXIES = []
    await Session.objects.acreate(client_id="ses_2", workspace=room.cast.alpha, owner_key=room.cast.alpha.pk)
    return room


@pytest_asyncio.fixture
async def another(room: Room) -> Headers:
    """Bob's key, which writes as carol's does."""
    return await sync_to_async(room.key_of)(room.cast.bob, "sync:write")


@pytest.fixture
def heartbeat_seconds() -> float:
    return 4


async def refused(path: str, headers: dict[str, str]) -> tuple[str, str, int, int]:
    """The refusal's code, what is full, when to come back, and the close code."""
    async with ASGISocket(path, headers) as socket:
        error = await socket.frame("error")
        return error["code"], error["of"], error["retry_after"], await socket.closed()


async def test_too_fast_publish_is_refused_and_a_later_one_passes(room: Room, settings: LazySettings) -> None:
    settings.SYNC_KEY_PUBLISHES_PER_SECOND = 2
    async with ASGISocket(SESSION, room.writing) as socket:
        for number in range(3):
            await socket.publish(f"op{number}", f"{KEY}{number}", number)
        error = await socket.frame("error")
        assert (error["code"], error["id"], error["retry_after"]) == ("too_many_requests", "op2", 1)
        assert await SessionEntry.objects.filter(key=f"{KEY}2").acount() == 0
        await asyncio.sleep(error["retry_after"])
        await socket.publish("op2", f"{KEY}2", 2)
        while (await socket.frame("ack"))["id"] != "op2":
            pass


async def test_one_keys_haste_does_not_slow_another(room: Room, another: Headers, settings: LazySettings) -> None:
    settings.SYNC_KEY_PUBLISHES_PER_SECOND = 1
    async with ASGISocket(SESSION, room.writing) as hasty, ASGISocket(SESSION, another) as calm:
        for number in range(5):
            await hasty.publish(f"op{number}", KEY, number)
        await hasty.frame("error")
        await calm.publish("calm", f"{KEY}2", 1)
        assert (await calm.frame("ack"))["id"] == "calm"


async def test_two_sockets_of_a_key_share_its_rate(room: Room, settings: LazySettings) -> None:
    settings.SYNC_KEY_PUBLISHES_PER_SECOND = 1
    async with ASGISocket(SESSION, room.writing) as one, ASGISocket(OTHER, room.writing) as two:
        await one.publish("a", KEY, 1)
        await one.frame("ack")
        await two.publish("b", "session/part/ses_2/m/p", 1)
        assert (await two.frame("error"))["code"] == "too_many_requests"


async def test_share_secret_has_a_rate_of_its_own(room: Room, settings: LazySettings) -> None:
    settings.SYNC_SHARE_PUBLISHES_PER_SECOND = 1
    headers = room.share_secret
    async with ASGISocket(room.path, headers) as socket:
        await socket.publish("a", KEY, 1)
        await socket.publish("b", KEY, 2)
        assert (await socket.frame("error"))["code"] == "too_many_requests"


async def test_client_that_never_waits_is_closed(room: Room, settings: LazySettings) -> None:
    settings.SYNC_KEY_PUBLISHES_PER_SECOND = 1
    settings.SYNC_REFUSED_PUBLISHES = 3
    async with ASGISocket(SESSION, room.writing) as socket:
        for number in range(6):
            await socket.publish(f"op{number}", KEY, number)
        assert await socket.closed() == 4429


async def test_too_fast_push_over_http_is_told_when_to_come_back(room: Room, settings: LazySettings) -> None:
    settings.SYNC_KEY_PUBLISHES_PER_SECOND = 1
    async with asgi_client(address="192.0.2.1") as http:
        answers = [
            await http.post(
                f"{SESSION}/entries",
                json={"type": "publish", "id": f"op{number}", "updates": [{"key": KEY, "content": number}]},
                headers=room.writing,
            )
            for number in range(2)
        ]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert answers[1].json()["error"]["code"] == "too_many_requests"
    assert answers[1].headers["retry-after"] == "1"


async def test_agents_posts_are_held_back_and_kept(room: Room, settings: LazySettings) -> None:
    settings.SYNC_SHARE_PUBLISHES_PER_SECOND = 4
    secret = derive_share_secret(room.share.pk, 1)
    began = time.monotonic()
    async with asgi_client(address="192.0.2.1") as http:
        items = [
            [{"type": "part", "data": {"id": f"prt_{n}", "sessionID": "ses_1", "messageID": "m"}}] for n in range(6)
        ]
        answers = await asyncio.gather(
            *(http.post(f"/api/share/{room.share.pk}/sync", json={"secret": secret, "data": data}) for data in items)
        )
    assert [answer.status_code for answer in answers] == [200] * 6
    assert await SessionEntry.objects.acount() == 6
    assert time.monotonic() - began > 0.4


async def test_full_session_refuses_the_next_socket_until_one_leaves(
    room: Room, another: Headers, settings: LazySettings
) -> None:
    settings.SYNC_SESSION_SOCKETS = 1
    async with ASGISocket(SESSION, room.writing) as first:
        await first.frame("welcome")
        assert await refused(SESSION, another) == ("socket_limit_reached", "session", 30, 4429)
        async with ASGISocket(OTHER, another) as elsewhere:
            await elsewhere.frame("welcome")
    async with ASGISocket(SESSION, another) as later:
        await later.frame("welcome")


async def test_full_workspace_refuses_the_next_socket(room: Room, another: Headers, settings: LazySettings) -> None:
    settings.SYNC_WORKSPACE_SOCKETS = 1
    async with ASGISocket(room.path) as first:
        await first.frame("welcome")
        assert await refused(OTHER, another) == ("socket_limit_reached", "workspace", 30, 4429)


async def test_full_address_refuses_the_next_socket(room: Room, another: Headers, settings: LazySettings) -> None:
    settings.SYNC_ADDRESS_SOCKETS = 1
    async with ASGISocket(SESSION, room.writing) as first:
        await first.frame("welcome")
        assert await refused(OTHER, another) == ("socket_limit_reached", "address", 30, 4429)


@pytest.mark.parametrize("proxies", [["127.0.0.1"], ["10.0.0.0/8", "127.0.0.0/8"]])
async def test_proxies_address_is_not_counted(
    room: Room, another: Headers, settings: LazySettings, proxies: list[str]
) -> None:
    settings.TRUSTED_PROXIES = proxies
    settings.SYNC_ADDRESS_SOCKETS = 1
    async with ASGISocket(SESSION, room.writing) as one, ASGISocket(OTHER, another) as two:
        await one.frame("welcome")
        await two.frame("welcome")


async def test_event_streams_count_as_sockets(room: Room, another: Headers, settings: LazySettings) -> None:
    settings.SYNC_SESSION_SOCKETS = 1
    async with ASGISocket(SESSION, room.writing) as first:
        await first.frame("welcome")
        async with (
            asyncio.timeout(FRAME_SECONDS),
            asgi_client(address="192.0.2.1") as http,
        ):
            answer = await http.get(f"{SESSION}/events", headers=another)
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "socket_limit_reached")


async def test_reader_for_whom_the_last_place_went_while_its_session_was_opened_is_refused(
    room: Room, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = get_runtime()
    opened = runtime.open_hub
    other = Connection(SessionAccess(room.session.pk, "ses_1", VIEWER), lambda _code: None)

    async def meanwhile(session_id: int) -> None:
        await opened(session_id)
        runtime.connections.add(other)

    settings.SYNC_SESSION_SOCKETS = 1
    monkeypatch.setattr(runtime, "open_hub", meanwhile)
    async with asgi_client(address="192.0.2.1") as http:
        answer = await asyncio.wait_for(http.get(f"{SESSION}/events", headers=room.writing), FRAME_SECONDS)
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "socket_limit_reached")
    runtime.connections.discard(other)
    poll = communicator(f"/share_poll?id={room.share.pk}")
    assert await poll.connect() == (False, CloseCode.TOO_FAST)
    assert len(runtime.connections) == 1


async def test_counts_are_given_back(room: Room) -> None:
    for _ in range(3):
        async with ASGISocket(SESSION, room.writing) as socket:
            await socket.frame("welcome")
    counts = get_runtime().connections._counts
    assert [len(each) for each in (counts._sessions, counts._workspaces, counts._addresses)] == [0, 0, 0]

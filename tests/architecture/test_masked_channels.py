"""Every channel that the code has, read by somebody who has only the link: no secret of the session comes out.

The channels are listed from the code: Django's addresses by the tenancy table, which knows every one of them; sync's
and the agents' addresses and the sockets by their own tables. A new one has to be given to a list here.
"""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.conf import settings as django_settings

from steering.doors.routing import bridge_urlpatterns
from sync.agents.paths import METHODS as AGENT_METHODS
from sync.doors.http.application import METHODS as SYNC_METHODS
from sync.doors.routing import websocket_urlpatterns
from sync.live.publishing import session_publish
from sync.live.runtime import stop_runtime
from sync.models import Session, Share
from sync.pages.place import PagePosition
from sync.sharing import masked_epoch
from sync.urls import SHARE, urlpatterns
from tests.architecture.tenancy_table import AGENT_CALLS, API_CALLS, PAGES
from tests.architecture.world import SESSION, World, make_world
from tests.cast import browser
from tests.support.asgi_events import ASGIEvents
from tests.support.asgi_http import HOST, asgi_client
from tests.support.asgi_socket import ASGISocket, communicator
from tests.support.canaries import CANARIES, PLACES, contents, found_in, updates
from tests.support.devices import device_of

pytestmark = pytest.mark.django_db(transaction=True)
EVERYWHERE = set(PLACES)
# What the older agents' tree leaves out: it has no place for the changes, the models and unknown kinds.
IN_THE_TREE = EVERYWHERE - {"diff_file", "diff_before", "diff_after", "model_name", "unknown_kind"}
MARK = "[hidden: GitHub token]"
Headers = dict[str, str]

# Addresses below a share that show something of its session, by their names in the URL conf.
LINK_PAGES = {"share", "share-short", "share-json", "share-md", "share-fragments", "share-changes", "share-tools"}
LINK_SYNC = {"events", "entries"}
LINK_AGENTS = {"data", "share_data"}
# These answer with nothing of the session: a hint to use the socket, a ticket, what was done.
SILENT_SYNC = {"session", "tickets"}
SILENT_AGENTS = {"create", "sync", "share", "share_create", "share_sync", "share_delete", "share_delete_admin"}
SOCKETS = {r"^sync/v1/sessions/(?P<target>[^/]+)$", "share_poll"}
# A bridge is told nothing of any session.
SILENT_SOCKETS = {"", r"^sync/v1/bridge$"}


@pytest_asyncio.fixture
async def world(transactional_db: None, objects: Path) -> AsyncIterator[World]:
    world = await sync_to_async(make_world)()
    session = await Session.objects.aget(client_id=SESSION)
    await session_publish(session_id=session.pk, updates=updates(SESSION, json.dumps))
    yield world
    await stop_runtime()


def test_every_channel_of_the_code_is_listed() -> None:
    below_a_share = {pattern.name for pattern in urlpatterns if "share_id" in str(pattern.pattern)}
    assert {name for name in below_a_share if not _is_members(str(name))} == LINK_PAGES
    assert set(SYNC_METHODS) == LINK_SYNC | SILENT_SYNC
    assert set(AGENT_METHODS) == LINK_AGENTS | SILENT_AGENTS | {"share_poll"}
    assert set(PagePosition.__dataclass_fields__) == {"at", "before", "entry", "chunk", "is_raw", "is_failure"}
    assert {str(pattern.pattern) for pattern in (*bridge_urlpatterns, *websocket_urlpatterns)} | {
        "share_poll"
    } == SOCKETS | SILENT_SOCKETS


def _is_members(name: str) -> bool:
    pattern = next(str(pattern.pattern) for pattern in urlpatterns if pattern.name == name)
    return pattern.startswith("^workspaces/") and not pattern.startswith(SHARE)


# --- the channels


async def page_texts(world: World, path: str, headers: Headers | None = None) -> str:
    """The answers at an address and at its variants: places in the session, single entries, fragments."""
    session = await Session.objects.aget(client_id=SESSION)
    keys = list(contents(SESSION))
    variants = ("", "&chunk=0", "&raw=1")
    places = ["", "?at=msg_1", "?before=msg_2", "?failed=first"]
    queries = [*places, *(f"?entry={key}{each}" for key in keys for each in variants)]
    if path.endswith("/fragments"):
        items = "&".join(f"k={key}:1" for key in keys)
        epochs = (session.epoch, masked_epoch(session.epoch))
        queries = [f"?epoch={epoch}&{items}{whole}" for epoch in epochs for whole in ("", "&whole=1")]
    async with asgi_client(host="127.0.0.1:8000") as http:
        answers = [await http.get(path + query, headers=headers) for query in queries]
    return "\n".join(answer.text + "".join(answer.headers.values()) for answer in answers)


async def http_text(path: str, headers: Headers | None = None) -> str:
    async with asgi_client(host="127.0.0.1:8000") as http:
        answer = await http.get(path, headers=headers)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.text


async def socket_text(path: str, headers: Headers | None = None, query: str = "") -> str:
    """What a socket is sent at first, and of an update that comes later."""
    session = await Session.objects.aget(client_id=SESSION)
    async with ASGISocket(path, headers, query) as socket:
        frames = [await socket.entries()]
        await session_publish(session_id=session.pk, updates=updates(SESSION, json.dumps))
        while len(frames) < 2 or not _has_all(frames[1:]):
            frames.append(await socket.entries())
    return json.dumps(frames, ensure_ascii=False)


def _has_all(frames: list[list[dict[str, Any]]]) -> bool:
    return {entry["key"] for frame in frames for entry in frame} >= set(contents(SESSION))


async def events_text(path: str, headers: Headers | None = None) -> str:
    session = await Session.objects.aget(client_id=SESSION)
    async with ASGIEvents(path, headers) as events:
        frames = [(await events.event("snapshot")).frame]
        await session_publish(session_id=session.pk, updates=updates(SESSION, json.dumps))
        frames.append((await events.event("updates")).frame)
    return json.dumps(frames, ensure_ascii=False)


async def poll_text(path: str, headers: Headers | None = None) -> str:
    address, _, query = path.partition("?")
    async with ASGISocket(address, headers, query) as socket:
        frames = [await socket.first() for _ in contents(SESSION)]
        session = await Session.objects.aget(client_id=SESSION)
        await session_publish(session_id=session.pk, updates=updates(SESSION, json.dumps))
        frames += [await socket.first() for _ in contents(SESSION)]
    return json.dumps(frames, ensure_ascii=False)


async def cookie_of(person: Any) -> Headers:
    client = await sync_to_async(browser)(person)
    name = django_settings.SESSION_COOKIE_NAME
    return {"cookie": f"{name}={client.cookies[name].value}", "origin": f"http://{HOST}"}


# --- by the link: nothing


def sync_path(world: World, name: str = "") -> str:
    return f"/sync/v1/sessions/{world.names['share']}" + (f"/{name}" if name else "")


@pytest.mark.parametrize("suffix", ["", ".json", ".md", "/fragments", "/tools", "/changes"])
async def test_pages_of_a_link_show_no_secret(world: World, suffix: str) -> None:
    texts = await page_texts(world, f"/share/{world.names['share']}{suffix}")
    assert found_in(texts) == set()
    assert MARK in texts


async def test_a_members_cookie_changes_nothing_at_the_links_page(world: World) -> None:
    texts = await page_texts(world, f"/s/{world.names['share']}", await cookie_of(world.cast.carol))
    assert found_in(texts) == set()
    assert MARK in texts


async def test_no_page_shows_a_secret_to_a_visitor(world: World) -> None:
    paths = ["/" + row.path.format(**world.names).lstrip("/") for row in PAGES]
    async with asgi_client(host="127.0.0.1:8000") as http:
        shown = {path: found_in((await http.get(path)).text) for path in paths}
    assert {path: places for path, places in shown.items() if places} == {}


@pytest.mark.parametrize("name", sorted(LINK_AGENTS))
@pytest.mark.parametrize("prefix", ["", "/w/{token}"])
async def test_agents_addresses_show_no_secret_without_the_shares(world: World, name: str, prefix: str) -> None:
    path = next(call.path for call in AGENT_CALLS if call.route == name).format(**world.names)
    text = await http_text(prefix.format(token=world.alphas_token) + path)
    assert found_in(text) == set()
    assert MARK in text


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer nonsense"}], ids=["nothing", "nonsense"])
async def test_the_poll_shows_no_secret(world: World, headers: Headers) -> None:
    text = await poll_text(f"/share_poll?id={world.names['share']}", headers)
    assert found_in(text) == set()
    assert MARK in text


async def test_the_socket_shows_no_secret(world: World) -> None:
    text = await socket_text(sync_path(world))
    assert found_in(text) == set()
    assert MARK in text


async def test_the_event_stream_shows_no_secret(world: World) -> None:
    text = await events_text(sync_path(world, "events"))
    assert found_in(text) == set()
    assert MARK in text


@pytest.mark.parametrize("query", ["", "?epoch={}&since=1"])
async def test_pulls_show_no_secret(world: World, query: str) -> None:
    session = await Session.objects.aget(client_id=SESSION)
    for epoch in (session.epoch, masked_epoch(session.epoch)):
        text = await http_text(sync_path(world, "entries") + query.format(epoch))
        assert found_in(text) == set()
        assert MARK in text


async def test_a_position_of_the_original_leads_to_the_whole_masked_state(world: World) -> None:
    session = await Session.objects.aget(client_id=SESSION)
    async with ASGISocket(sync_path(world), query=f"epoch={session.epoch}&seq=3") as socket:
        frame = await socket.frame("snapshot")
    assert frame["epoch"] == masked_epoch(session.epoch)
    async with ASGISocket(sync_path(world), query=f"epoch={frame['epoch']}&seq=3") as socket:
        entries = await socket.entries()
    assert [entry["seq"] for entry in entries] == list(range(4, frame["seq"] + 1))
    assert found_in(json.dumps(entries)) == set()


# --- by a link for members: nothing at all


async def test_a_link_for_members_shows_nothing_in_any_channel(world: World) -> None:
    share = world.names["share"]
    await Share.objects.filter(pk=share).aupdate(visibility=Share.Visibility.MEMBERS)
    agents = [call.path.format(**world.names) for call in AGENT_CALLS if call.route in LINK_AGENTS]
    paths = [f"/share/{share}{suffix}" for suffix in (".json", ".md", "/changes", "/tools")]
    paths.append(f"/share/{share}/fragments?epoch=1&k=session/info/x:1")
    paths += [*agents, sync_path(world, "entries"), sync_path(world, "events")]
    charlie = await cookie_of(world.cast.charlie)
    async with asgi_client(host="127.0.0.1:8000") as http:
        answers = {path: (await http.get(path)).status_code for path in paths}
        page = await http.get(f"/share/{share}", headers={"accept": "text/html"})
        outsiders = await http.get(f"/share/{share}", headers={**charlie, "accept": "text/html"})
    assert {path: status for path, status in answers.items() if status not in {401, 404}} == {}
    assert (page.status_code, "/accounts/login/" in page.headers["location"]) == (302, True)
    assert outsiders.status_code == 404
    assert await communicator(f"/share_poll?id={share}").connect(timeout=60) == (False, 4404)
    for headers, code in (({}, 4401), (charlie, 4404)):
        async with ASGISocket(sync_path(world), headers) as socket:
            texts, closed = await socket.rest()
        assert (found_in(texts), "snapshot" in texts, closed) == (set(), False, code)


async def test_members_and_the_shares_secret_read_what_is_for_members(world: World) -> None:
    share = world.names["share"]
    await Share.objects.filter(pk=share).aupdate(visibility=Share.Visibility.MEMBERS)
    cookie = await cookie_of(world.cast.carol)
    async with asgi_client(host="127.0.0.1:8000") as http:
        page = await http.get(f"/share/{share}", headers=cookie)
    assert (page.status_code, page.headers["location"]) == (302, f"/workspaces/alpha/sessions/{SESSION}/")
    secret = {"authorization": f"Bearer {world.share_secret}"}
    assert found_in(await http_text(f"/api/share/{share}/data", secret)) == EVERYWHERE
    carols = await sync_to_async(device_of)(world.cast.carol)
    assert found_in(await http_text(f"/api/shares/{share}/data", carols.bearer)) == EVERYWHERE
    assert found_in(await socket_text(sync_path(world), secret)) == EVERYWHERE


# --- by a right: everything


@pytest.mark.parametrize("name", ["socket", "events", "entries"])
async def test_the_holder_of_the_shares_secret_reads_the_original(world: World, name: str) -> None:
    secret = {"authorization": f"Bearer {world.share_secret}"}
    read = {"socket": socket_text, "events": events_text, "entries": http_text}[name]
    text = await read(sync_path(world, "" if name == "socket" else name), secret)
    assert found_in(text) == EVERYWHERE


@pytest.mark.parametrize(("name", "shown"), [("data", EVERYWHERE), ("share_data", IN_THE_TREE)])
async def test_agents_addresses_show_the_original_to_the_shares_secret(
    world: World, name: str, shown: set[str]
) -> None:
    path = next(call.path for call in AGENT_CALLS if call.route == name).format(**world.names)
    text = await http_text(path, {"authorization": f"Bearer {world.share_secret}"})
    assert found_in(text) == shown


async def test_the_poll_shows_the_original_to_the_shares_secret(world: World) -> None:
    secret = {"authorization": f"Bearer {world.share_secret}"}
    assert found_in(await poll_text(f"/share_poll?id={world.names['share']}", secret)) == EVERYWHERE


async def test_a_signed_in_agent_reads_the_original_as_a_member_and_the_masked_as_an_outsider(world: World) -> None:
    path = f"/api/shares/{world.names['share']}/data"
    carols = await sync_to_async(device_of)(world.cast.carol)
    charlies = await sync_to_async(device_of)(world.cast.charlie)
    assert found_in(await http_text(path, carols.bearer)) == EVERYWHERE
    assert found_in(await http_text(path, charlies.bearer)) == set()


@pytest.mark.parametrize("name", ["socket", "events", "entries"])
async def test_members_read_the_original_by_their_cookie(world: World, name: str) -> None:
    path = f"/sync/v1/sessions/{SESSION}" + ("" if name == "socket" else f"/{name}")
    read = {"socket": socket_text, "events": events_text, "entries": http_text}[name]
    headers = {**await cookie_of(world.cast.carol), "origin": django_settings.PUBLIC_URL, "host": "127.0.0.1:8000"}
    assert found_in(await read(path, headers)) == EVERYWHERE


async def test_members_export_and_see_the_original(world: World) -> None:
    base = f"/workspaces/alpha/sessions/{SESSION}/"
    cookie = await cookie_of(world.cast.carol)
    assert found_in(await page_texts(world, f"{base}export.json", cookie)) == EVERYWHERE
    on_page = found_in(await page_texts(world, base, cookie))
    assert on_page >= {"prompt", "text", "input", "output", "tool_title", "diff_file", "diff_after", "file_name"}


async def test_a_link_that_masks_nothing_shows_the_original_in_every_channel(world: World) -> None:
    await Share.objects.filter(pk=world.names["share"]).aupdate(masks_secrets=False)
    page = f"/share/{world.names['share']}"
    assert found_in(await page_texts(world, f"{page}.json")) == EVERYWHERE
    assert found_in(await socket_text(sync_path(world))) == EVERYWHERE
    assert found_in(await http_text(sync_path(world, "entries"))) == EVERYWHERE
    assert found_in(await poll_text(f"/share_poll?id={world.names['share']}")) == EVERYWHERE
    on_page = found_in(await page_texts(world, page))
    assert on_page >= {"prompt", "text", "input", "output", "tool_title", "diff_file", "diff_after", "file_name"}


def test_the_sync_addresses_of_the_tenancy_table_are_those_that_are_read_here() -> None:
    assert {call.route for call in API_CALLS} == LINK_SYNC | SILENT_SYNC
    assert len(CANARIES) == len(set(CANARIES.values())) == len(PLACES)

"""The tenancy matrix, continued: the agents' addresses and the sockets, straight into the ASGI application."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as django_settings

from opencode.lib.actor import THE_CONSOLE
from sync.doors.http.application import METHODS
from sync.live.runtime import stop_runtime
from sync.models import Share
from sync.protocol.requests import FRAME_TYPES
from tests.architecture.tenancy_table import (
    ACCOUNT_CALLS,
    AGENT_CALLS,
    API_CALLS,
    FRAMES,
    SOCKETS,
    AgentCall,
    APICall,
    Frame,
    Socket,
)
from tests.architecture.world import SESSION, World, make_world
from tests.cast import browser
from tests.support.asgi_events import ASGIEvents
from tests.support.asgi_http import asgi_client
from tests.support.asgi_socket import communicator
from tests.support.devices import device_of
from workspaces.models import Workspace
from workspaces.services.api_keys import api_key_create

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def world(transactional_db: None, objects: Path) -> AsyncIterator[World]:
    yield await sync_to_async(make_world)()
    await stop_runtime()


def body_of(call: AgentCall, secret: str) -> dict[str, Any]:
    """Everything any of the routes asks for; each takes what it knows."""
    item = {"type": "session", "data": {"id": SESSION, "time": {"updated": 2}}}
    older = {"key": f"session/info/{SESSION}", "content": {"id": SESSION, "time": {"updated": 2}}}
    return {"sessionID": SESSION, "data": [item], **older, **({"secret": secret} if secret else {})}


async def cookie_of(person: Any) -> str:
    client = await sync_to_async(browser)(person)
    name = django_settings.SESSION_COOKIE_NAME
    return f"{name}={client.cookies[name].value}" if name in client.cookies else ""


@pytest.mark.parametrize("call", AGENT_CALLS, ids=lambda call: call.route)
async def test_agents_address_gives_each_asker_what_the_table_says(world: World, call: AgentCall) -> None:
    path = call.path.format(**world.names)
    secret, cookie = world.share_secret, await cookie_of(world.cast.alice)
    askers: list[tuple[str, str, dict[str, str]]] = [
        ("", "", {}),
        ("", "", {"Cookie": cookie}),
        (f"/w/{world.gammas_token}", secret, {}),
        (f"/w/{world.alphas_token}", "", {}),
        ("", secret, {}),
    ]
    async with asgi_client(host="127.0.0.1:8000") as http:
        answers = [
            await http.request(call.method, prefix + path, json=body_of(call, given), headers=headers)
            for prefix, given, headers in askers
        ]
    assert " ".join(str(answer.status_code) for answer in answers) == call.answers


@pytest.mark.parametrize("call", ACCOUNT_CALLS, ids=lambda call: call.route)
async def test_accounts_address_gives_each_asker_what_the_table_says(world: World, call: AgentCall) -> None:
    path, cast, secret = call.path.format(**world.names), world.cast, world.share_secret
    carols = await sync_to_async(device_of)(cast.carol)
    charlies = await sync_to_async(device_of)(cast.charlie)
    in_alpha = {**carols.bearer, "x-org-id": cast.alpha.pk}
    askers: list[tuple[str, dict[str, str]]] = [
        (secret, {}),
        (secret, {"Cookie": await cookie_of(cast.alice)}),
        (secret, {**charlies.bearer, "x-org-id": cast.alpha.pk}),
        ("", in_alpha),
        (secret, in_alpha),
    ]
    async with asgi_client(host="127.0.0.1:8000") as http:
        answers = [
            await http.request(call.method, path, json=body_of(call, given), headers=headers)
            for given, headers in askers
        ]
    assert " ".join(str(answer.status_code) for answer in answers) == call.answers


async def test_charlies_agent_gets_a_share_of_its_own_for_the_same_session_id(world: World) -> None:
    async with asgi_client(host="127.0.0.1:8000") as http:
        answer = await http.post(f"/w/{world.gammas_token}/api/share", json={"sessionID": SESSION})
    share = await Share.objects.select_related("session").aget(pk=answer.json()["id"])
    assert share.pk != world.names["share"]
    assert share.session.owner_key == world.cast.gamma.pk


def test_every_address_of_the_api_has_a_row() -> None:
    rows = {(call.route, call.method) for call in API_CALLS}
    assert rows == {(route, method) for route, methods in METHODS.items() for method in methods}


@pytest.mark.parametrize("call", API_CALLS, ids=lambda call: f"{call.method}-{call.path}")
async def test_api_gives_each_asker_what_the_table_says(world: World, call: APICall) -> None:
    path = call.path.format(**world.names)
    statuses = [str(await status_of(call.method, path, headers)) for headers in await api_askers(world)]
    assert " ".join(statuses) == call.answers


async def api_askers(world: World) -> list[dict[str, str]]:
    """The credentials of the eight askers of an APICall."""
    cast = world.cast
    cookies = [await cookie_of(person) for person in (cast.charlie, cast.carol, cast.alice)]
    in_alpha, in_gamma = (cast.alpha, cast.alice), (cast.gamma, cast.charlie)
    keys = [
        await key_of(*in_gamma, "sync:read"),
        await key_of(*in_alpha, "sync:read"),
        await key_of(*in_alpha, "sync:write"),
    ]
    from_own_page = {"origin": django_settings.PUBLIC_URL}
    bearers = [{"authorization": f"Bearer {secret}"} for secret in [*keys, world.share_secret]]
    return [{}, *({"cookie": cookie, **from_own_page} for cookie in cookies), *bearers]


async def key_of(workspace: Workspace, person: Any, scope: str) -> str:
    create = sync_to_async(api_key_create)
    return (await create(workspace=workspace, created_by=person, name="k", scopes=[scope], actor=THE_CONSOLE))[1]


async def status_of(method: str, path: str, headers: dict[str, str]) -> int:
    """With a body that publishes to alpha's session where one is taken."""
    publish = {"id": "a", "session": SESSION, "updates": [{"key": f"session/info/{SESSION}", "content": 1}]}
    async with ASGIEvents(path, headers, method=method, content=json.dumps(publish).encode()) as request:
        return request.status


@pytest.mark.parametrize("row", SOCKETS, ids=lambda row: row.path)
async def test_socket_opens_for_whom_the_table_says(world: World, row: Socket) -> None:
    path, cast = row.path.format(**world.names), world.cast
    people = (None, cast.charlie, cast.carol, cast.bob, cast.alice)
    assert " ".join([await opening(path, await cookie_of(person)) for person in people]) == row.answers


def test_every_type_of_frame_has_a_row() -> None:
    assert [frame.kind for frame in FRAMES] == list(FRAME_TYPES)


@pytest.mark.parametrize("row", FRAMES, ids=lambda row: row.kind)
async def test_frame_gets_each_asker_what_the_table_says(world: World, row: Frame) -> None:
    cast, origin = world.cast, django_settings.PUBLIC_URL
    secrets = [await key_of(cast.alpha, cast.alice, scope) for scope in ("sync:read", "sync:write")]
    bearers = [(SESSION, {"authorization": f"Bearer {secret}"}) for secret in secrets]
    by_cookie = {"cookie": await cookie_of(cast.carol), "origin": origin}
    askers = [(world.names["share"], {}), (SESSION, by_cookie), *bearers]
    # Side by side: a heartbeat and what others do are told at their own times.
    answers = await asyncio.gather(*(answer_to(row, target, headers) for target, headers in askers))
    assert " ".join(answers) == row.answers


async def answer_to(row: Frame, target: str, headers: dict[str, str]) -> str:
    """The first answer that this type of frame can have, whatever comes before it."""
    wanted = {"publish": {"ack", "error"}, "ping": {"heartbeat"}, "presence": {"presence", "error"}}[row.kind]
    given = [(name.encode(), value.encode()) for name, value in headers.items()]
    socket = communicator(f"/sync/v1/sessions/{target}", headers=given)
    assert (await socket.connect(timeout=10))[0]
    await socket.send_to(json.dumps({"type": row.kind, **row.body}))
    while (frame := json.loads(await socket.receive_from(timeout=10)))["type"] not in wanted:
        pass
    await socket.disconnect(timeout=10)
    return str(frame.get("code", frame["type"]))


async def test_session_is_not_found_under_another_workspaces_name(world: World) -> None:
    cookie = await cookie_of(world.cast.alice)
    assert await opening(f"/sync/v1/sessions/{SESSION}?workspace=alpha", cookie) == "open"
    assert await opening(f"/sync/v1/sessions/{SESSION}?workspace=gamma", cookie) == "4404"


async def opening(path: str, cookie: str) -> str:
    """`open` when the server welcomes the reader, otherwise the code it closes with."""
    headers = [(b"cookie", cookie.encode()), (b"origin", django_settings.PUBLIC_URL.encode())]
    socket = communicator(path, headers=headers)
    accepted, code = await socket.connect(timeout=10)
    if not accepted:
        return str(code)
    while (message := await socket.receive_output(timeout=10))["type"] != "websocket.close":
        if json.loads(message["text"])["type"] == "welcome":
            await socket.disconnect(timeout=10)
            return "open"
    return str(message["code"])

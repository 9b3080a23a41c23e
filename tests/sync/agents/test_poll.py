"""The older protocol's socket: who gets in, what they see, and when it ends."""

import json
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from pytest_django import Settings

from tests.support.agent_client import AgentClient
from tests.support.asgi_socket import communicator

MESSAGE = "session/message/ses_1/msg_1"


async def next_frame(socket: WebsocketCommunicator) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(await socket.receive_from(timeout=5))
    return frame


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/share_poll?id=unknown", 4404),
        ("/share_poll?id=", 4400),
        ("/share_poll", 4400),
        ("/w/oc_share_wrong/share_poll?id=x", 4404),
        ("/share_data?id=x", 4400),
        ("/api/share/x/nothing", 4404),
    ],
)
async def test_a_socket_that_leads_nowhere_is_refused(agent: AgentClient, path: str, code: int) -> None:
    assert await communicator(path).connect() == (False, code)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [("/share_poll?id=unknown", 404, "not_found"), ("/share_poll", 400, "share_id_missing")],
)
async def test_a_refused_handshake_carries_the_denial_where_the_server_can(
    agent: AgentClient, path: str, status: int, code: str
) -> None:
    socket = communicator(path)
    socket.scope["extensions"] = {"websocket.http.response": {}}
    await socket.send_input({"type": "websocket.connect"})
    start, body = await socket.receive_output(), await socket.receive_output()
    assert (start["status"], json.loads(body["body"])["error"]["code"]) == (status, code)


async def test_a_socket_sees_new_values_of_the_newer_protocol_too(agent: AgentClient) -> None:
    shared = await agent.create()
    socket = communicator(f"/share_poll?id={shared.id}")
    await socket.connect()
    await agent.sync(shared, {"type": "message", "data": {"id": "msg_1", "n": 1}})
    assert await next_frame(socket) == {"key": MESSAGE, "content": {"id": "msg_1", "n": 1}}
    await agent.sync(shared, {"type": "message", "data": {"id": "msg_1", "n": 1}})
    await agent.sync(shared, {"type": "message", "data": {"id": "msg_1", "n": 2}})
    assert (await next_frame(socket))["content"]["n"] == 2  # the repeat changed nothing, so nobody heard of it
    await socket.disconnect()


async def test_a_socket_below_a_workspaces_address_works(alpha_agent: AgentClient) -> None:
    shared = await alpha_agent.create()
    await alpha_agent.sync(shared, {"type": "message", "data": {"id": "msg_1"}})
    socket = communicator(f"{alpha_agent.prefix}/share_poll?id={shared.id}")
    await socket.connect()
    assert (await next_frame(socket))["key"] == MESSAGE
    await socket.disconnect()


async def test_erasing_the_session_closes_its_sockets(agent: AgentClient, settings: Settings) -> None:
    settings.SYNC_HEARTBEAT_SECONDS = 0.1
    shared = await agent.create()
    socket = communicator(f"/share_poll?id={shared.id}")
    await socket.connect()
    await agent.unshare(shared)
    assert await socket.receive_output(timeout=5) == {"type": "websocket.close", "code": 4410}


async def test_ending_a_workspaces_link_closes_its_sockets(alpha_agent: AgentClient, settings: Settings) -> None:
    settings.SYNC_HEARTBEAT_SECONDS = 0.1
    shared = await alpha_agent.create()
    socket = communicator(f"/share_poll?id={shared.id}")
    await socket.connect()
    await alpha_agent.unshare(shared)
    assert await socket.receive_output(timeout=5) == {"type": "websocket.close", "code": 4410}

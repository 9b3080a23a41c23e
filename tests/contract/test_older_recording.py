"""What a real agent of the older protocol sent, request by request, and what its readers got."""

import json
from typing import Any

from sync.models import Session
from tests.contract.recordings import OLDER, requests_of
from tests.support.agent_client import AgentClient, Shared
from tests.support.asgi_socket import communicator

SYNCS = [request["body"] for request in requests_of(OLDER) if request["path"] == "/share_sync"]
SESSION = SYNCS[0]["sessionID"]


def newest_entries() -> dict[str, Any]:
    """The newest content of each key: the session by its clock, everything else by order; without the share."""
    newest: dict[str, Any] = {}
    for body in sorted(
        SYNCS, key=lambda body: body["content"]["time"].get("updated", 0) if "info" in body["key"] else 0
    ):
        newest[body["key"]] = json.loads(json.dumps(body["content"]))
    newest[f"session/info/{SESSION}"].pop("share")
    return newest


async def replay(agent: AgentClient) -> Shared:
    shared = await agent.create_older(SESSION)
    for body in SYNCS:
        answer = await agent.sync_older(shared, body["key"], body["content"], SESSION)
        assert (answer.status_code, answer.json()) == (200, {})
    return shared


async def test_the_recording_reads_back_as_the_tree_its_readers_know(agent: AgentClient) -> None:
    shared = await replay(agent)
    tree = (await agent.send("GET", f"/share_data?id={shared.id}")).json()
    entries = newest_entries()
    assert tree["info"] == entries[f"session/info/{SESSION}"]
    messages = {key.split("/")[-1]: value for key, value in entries.items() if key.startswith("session/message/")}
    parts = {key.split("/")[-1]: value for key, value in entries.items() if key.startswith("session/part/")}
    assert {
        message_id: {name: value for name, value in message.items() if name != "parts"}
        for message_id, message in tree["messages"].items()
    } == messages
    assert {part["id"]: part for message in tree["messages"].values() for part in message["parts"]} == parts
    assert "secret" not in json.dumps(tree)


async def test_the_recording_reads_back_in_the_newer_form_too(agent: AgentClient) -> None:
    shared = await replay(agent)
    items = await agent.data(shared)
    assert [item["data"] for item in items if item["type"] == "session"] == [
        newest_entries()[f"session/info/{SESSION}"]
    ]
    assert len(items) == len(newest_entries())


async def test_a_poll_gets_what_is_stored_and_then_each_new_value(agent: AgentClient) -> None:
    shared = await agent.create_older(SESSION)
    half = len(SYNCS) // 2
    for body in SYNCS[:half]:
        await agent.sync_older(shared, body["key"], body["content"], SESSION)
    socket = communicator(f"/share_poll?id={shared.id}")
    assert (await socket.connect())[0]
    seen: dict[str, Any] = {}
    for body in SYNCS[half:]:
        await agent.sync_older(shared, body["key"], body["content"], SESSION)
    while seen != newest_entries():
        frame = json.loads(await socket.receive_from(timeout=5))
        assert set(frame) == {"key", "content"}
        seen[frame["key"]] = frame["content"]
    await socket.disconnect()


async def test_the_recorded_delete_leaves_nothing_behind_and_may_come_twice(agent: AgentClient) -> None:
    shared = await replay(agent)
    body = {"sessionID": SESSION, "secret": shared.secret}
    answers = [await agent.send("POST", "/share_delete", body) for _ in range(2)]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, {}), (200, {})]
    assert await Session.objects.acount() == 0


async def test_the_recorded_session_sums_tokens_and_cost_of_its_messages(agent: AgentClient) -> None:
    await replay(agent)
    session = await Session.objects.aget()
    assert (session.title, session.agent_version, session.model) == ("Fake title", "1.0.61", "gw/fake-1")
    assert (session.tokens_input, session.tokens_output) == (33, 21)
    assert not session.is_running

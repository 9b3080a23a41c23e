"""Publishing by socket and by push: acknowledged, all or nothing, idempotent, refused with the documented codes."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from websockets.asyncio.client import connect

from tests.conformance.transports import SECONDS, Frame, Pulls, Reader, Target

Publish = Callable[[Target, Frame], Awaitable[Frame]]


async def by_socket(target: Target, body: Frame) -> Frame:
    """The `ack`, or the `error` that answers the publish."""
    options: dict[str, Any] = {"additional_headers": target.headers, "max_size": None, "proxy": None}
    async with asyncio.timeout(SECONDS), connect(target.socket, **options) as socket:
        await socket.send(json.dumps({"type": "publish", **body}))
        while (frame := json.loads(await socket.recv()))["type"] not in {"ack", "error"}:
            pass
    return dict(frame)


async def by_push(target: Target, body: Frame) -> Frame:
    answer = (await target.post(body)).json()
    return {"type": "error", **answer["error"]} if "error" in answer else dict(answer)


@pytest.fixture(params=[by_socket, by_push], ids=["socket", "push"])
def publish(request: pytest.FixtureRequest) -> Publish:
    way: Publish = request.param
    return way


async def test_publish_is_acknowledged_with_its_numbers(target: Target, publish: Publish) -> None:
    updates = [{"key": target.entry("one"), "content": 1}, {"key": target.entry("two"), "content": 2}]
    ack = await publish(target, {"id": "a", "updates": updates})
    assert (ack["type"], ack["id"], ack["from"], ack["to"]) == ("ack", "a", 1, 2)
    reader = await Reader().read_to(Pulls(target), 2)
    assert reader.position == (ack["epoch"], 2)
    assert reader.state == {target.entry("one"): 1, target.entry("two"): 2}


async def test_repeat_gets_the_first_ack_and_changes_nothing(target: Target, publish: Publish) -> None:
    first = await publish(target, {"id": "a", "updates": [{"key": target.entry("one"), "content": 1}]})
    again = await publish(target, {"id": "a", "updates": [{"key": target.entry("one"), "content": 2}]})
    assert again == first
    assert (await Reader().read_to(Pulls(target), 1)).state == {target.entry("one"): 1}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"updates": []}, "frame_malformed"),
        ({"id": "", "updates": []}, "frame_malformed"),
        ({"id": "x" * 65, "updates": []}, "frame_malformed"),
        ({"id": "a", "updates": []}, "updates_malformed"),
        ({"id": "a", "updates": [{"key": "SESSION", "content": 1}] * 1001}, "updates_malformed"),
        ({"id": "a", "updates": [{"key": "SESSION"}]}, "updates_malformed"),
        ({"id": "a", "updates": [{"key": "nonsense", "content": 1}]}, "key_malformed"),
        ({"id": "a", "updates": [{"key": "session/info/another", "content": 1}]}, "key_foreign"),
        ({"id": "a", "updates": [{"key": "SESSION", "content": 1}, {"key": "x", "content": 1}]}, "key_malformed"),
    ],
)
async def test_refused_publish_changes_nothing_and_says_why(
    target: Target, publish: Publish, body: Frame, code: str
) -> None:
    named = json.loads(json.dumps(body).replace("SESSION", target.entry("one")))
    error = await publish(target, named)
    assert (error["type"], error["code"]) == ("error", code)
    assert (await Reader().read_to(Pulls(target), 0)).position[1:] == (0,)  # type: ignore[index]

"""The fan-out beside a layer that hangs: bounded in what it holds, and back by itself."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from sync.live import fanout
from sync.live.fanout import PENDING_SENDS, Fanout
from sync.live.hub import HubRegistry, Range


class HangingLayer:
    """Takes messages and sends none until `answers` is set."""

    def __init__(self) -> None:
        self.answers = asyncio.Event()
        self.asked = 0
        self.sent = 0
        self.received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def new_channel(self) -> str:
        return "here"

    async def group_add(self, group: str, channel: str) -> None:
        pass

    async def group_send(self, group: str, message: Mapping[str, Any]) -> None:
        await self.send(group, message)

    async def send(self, channel: str, message: Mapping[str, Any]) -> None:
        self.asked += 1
        await self.answers.wait()
        self.sent += 1

    async def receive(self, channel: str) -> dict[str, Any]:
        return await self.received.get()


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_layer_that_hangs_holds_a_bounded_number_of_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = HangingLayer()
    monkeypatch.setattr(fanout, "get_channel_layer", lambda: layer)
    ours = Fanout(4)
    ours.start(HubRegistry(no_state, ours.join, ours.leave))
    layer.received.put_nowait({"type": "sync.reads", "channel": "there", "sessions": [1], "ask": False})
    await turns()
    for number in range(1, 10 * PENDING_SENDS):
        ours.announce([(1, Range("e", number, number, ["{}"]))])
    await turns()
    assert layer.asked <= PENDING_SENDS
    layer.answers.set()
    await turns()
    before = layer.sent
    ours.announce([(1, Range("e", 1, 1, ["{}"]))])
    await turns()
    assert layer.sent == before + 1
    await ours.stop()


async def no_state(session_id: int, since: int, rows: int | None) -> None:
    return None

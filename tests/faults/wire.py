"""A channel layer between the runtimes of one test: what is sent lies on it until the test says what becomes of it."""

import asyncio
import json
from itertools import count
from typing import Any


class Wire:
    """Speaks the part of Channels' layers that the fan-out uses; a message comes out as a copy, as from a real one."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._groups: dict[str, set[str]] = {}
        self._channels: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        self._waiting: list[tuple[str, str]] = []

    # --- what a layer does

    async def new_channel(self) -> str:
        name = f"channel.{next(self._numbers)}"
        self._channels[name] = asyncio.Queue()
        return name

    async def group_add(self, group: str, channel: str) -> None:
        self._groups.setdefault(group, set()).add(channel)

    async def group_discard(self, group: str, channel: str) -> None:
        self._groups.get(group, set()).discard(channel)

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        self._waiting.append((channel, json.dumps(message)))

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        text = json.dumps(message)
        self._waiting += [(channel, text) for channel in sorted(self._groups.get(group, ()))]

    async def receive(self, channel: str) -> dict[str, Any]:
        return await self._channels[channel].get()

    # --- what a test does

    def deliver(self, place: int, *, copies: int = 1) -> None:
        """Let one of the waiting messages arrive, so many times."""
        if self._waiting:
            channel, text = self._waiting.pop(place % len(self._waiting))
            for _ in range(copies):
                if channel in self._channels:
                    self._channels[channel].put_nowait(json.loads(text))

    def deliver_all(self) -> None:
        while self._waiting:
            self.deliver(0)

    def drop(self, place: int) -> None:
        self.deliver(place, copies=0)

    def drop_all(self) -> None:
        self._waiting.clear()

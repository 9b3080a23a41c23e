"""Publishes that have no answer yet; they outlive the connection they were sent on."""

import asyncio
import json
from collections.abc import Sequence
from typing import NamedTuple

from opencode_sync.errors import SyncEnded, SyncRefused
from opencode_sync.stream import Frame


class PendingPublish(NamedTuple):
    """`text` is the frame to send, `ack` the future that its answer settles."""

    text: str
    ack: "asyncio.Future[Frame]"


class PendingPublishes:
    """By operation id, in the order they were made."""

    def __init__(self) -> None:
        self._publishes: dict[str, PendingPublish] = {}

    def add(self, operation_id: str, updates: Sequence[Frame]) -> PendingPublish:
        """Keep it until it is answered."""
        text = json.dumps({"type": "publish", "id": operation_id, "updates": list(updates)})
        publish = PendingPublish(text, asyncio.get_running_loop().create_future())
        self._publishes[operation_id] = publish
        return publish

    def texts(self) -> list[str]:
        """What a new connection sends again; the server knows by its id what it already has."""
        return [publish.text for publish in self._publishes.values()]

    def settle(self, frame: Frame) -> None:
        """Answer the publish that an `ack` or `error` frame is about, if it is about one."""
        if frame["type"] not in {"ack", "error"} or "id" not in frame:
            return
        publish = self._publishes.pop(frame["id"], None)
        if publish is None or publish.ack.done():
            return
        if frame["type"] == "ack":
            publish.ack.set_result(frame)
        else:
            publish.ack.set_exception(SyncRefused(frame["code"], frame["message"]))

    def fail(self, ended: SyncEnded) -> None:
        """Nobody will answer any of them."""
        for publish in self._publishes.values():
            if not publish.ack.done():
                publish.ack.set_exception(ended)
        self._publishes.clear()

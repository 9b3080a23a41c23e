"""Publishes without an answer; they outlive the connection they were sent on."""

import asyncio
import json
from collections.abc import Sequence
from typing import NamedTuple

from opencode_sync.errors import SyncEnded, SyncRefused
from opencode_sync.stream import Frame


class PendingPublish(NamedTuple):
    """`text` is the frame to send, `ack` the future that its answer completes."""

    text: str
    ack: "asyncio.Future[Frame]"


class PendingPublishes:
    """Unanswered publishes by operation id, in the order they were made."""

    def __init__(self) -> None:
        self._publishes: dict[str, PendingPublish] = {}

    def add(self, operation_id: str, updates: Sequence[Frame]) -> PendingPublish:
        """Keep it until it is answered."""
        text = json.dumps({"type": "publish", "id": operation_id, "updates": list(updates)})
        publish = PendingPublish(text, asyncio.get_running_loop().create_future())
        self._publishes[operation_id] = publish
        return publish

    def texts(self) -> list[str]:
        """The frames that a new connection sends again; the server recognises repeats by their ids."""
        return [publish.text for publish in self._publishes.values()]

    def settle(self, frame: Frame) -> None:
        """Complete the publish that an `ack` or `error` frame answers, if there is one."""
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
        """Fail all of them: no answer will come."""
        for publish in self._publishes.values():
            if not publish.ack.done():
                publish.ack.set_exception(ended)
        self._publishes.clear()

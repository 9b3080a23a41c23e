"""The share page's cost: 200 viewers of one busy session, as plain sockets and as browsers that fetch fragments too.

A browser here does what static/js does: it opens the page, resumes the socket at the page's number, and asks for the
HTML of what changed at most once in a second, 40 keys to a request, spread by chance.
"""

import asyncio
import json
import random
import re
import time
from typing import Any
from urllib.parse import urlencode

from gen import HttpConn, HttpPublisher, Meter, http_post, ws_open

VIEWERS = 200
SECONDS = 20.0
UPDATES_A_SECOND = 20
MESSAGES = 20
INTERVAL_SECONDS = 1.0
SPREAD_SECONDS = 0.4
KEYS_A_REQUEST = 40
OPENED_TOGETHER = 20
PLACE = re.compile(r'data-epoch="(\w+)"[^>]*data-head="(\d+)"')
LOREM = "The parser reads each line once and keeps `what it needs`, nothing else. " * 6


class Viewer:
    """One open share page: the socket, and with `fragments` the requests its script makes."""

    def __init__(self, port: int, share: str, *, fragments: bool) -> None:
        self.port = port
        self.share = share
        self.fragments = fragments
        self.waiting: dict[str, int] = {}
        self.updates = 0
        self.requests = 0
        self.bytes = 0
        self.failed = 0
        self.asked_at = -INTERVAL_SECONDS
        self.epoch = ""
        self._wake = asyncio.Event()
        self._asking: asyncio.Task[None] | None = None

    async def open(self) -> None:
        self.http = await HttpConn.open("127.0.0.1", self.port)
        page = await self._get(f"/share/{self.share}")
        found = PLACE.search(page)
        assert found is not None, "the page does not say where it stands"
        self.epoch, head = found.groups()
        url = f"ws://127.0.0.1:{self.port}/sync/v1/sessions/{self.share}?epoch={self.epoch}&seq={head}"
        self.socket = await ws_open(url, hook=self._frame)
        if self.fragments:
            self._asking = asyncio.create_task(self._ask())

    def _frame(self, _subscriber: Any, payload: bytes) -> bool:
        if payload.startswith(b'{"type":"updates"'):
            entries = json.loads(payload)["entries"]
            self.updates += len(entries)
            self.waiting.update((entry["key"], entry["seq"]) for entry in entries)
            self._wake.set()
        return True

    async def _ask(self) -> None:
        while True:
            await self._wake.wait()
            pause = max(0.0, self.asked_at + INTERVAL_SECONDS - time.monotonic())
            await asyncio.sleep(pause + random.random() * SPREAD_SECONDS)
            self.asked_at = time.monotonic()
            self._wake.clear()
            asked, self.waiting = list(self.waiting.items()), {}
            for start in range(0, len(asked), KEYS_A_REQUEST):
                keys = [("k", f"{key}:{seq}") for key, seq in asked[start : start + KEYS_A_REQUEST]]
                await self._get(f"/share/{self.share}/fragments?{urlencode([('epoch', self.epoch), *keys])}")

    async def _get(self, path: str) -> str:
        status, body = await self.http.request(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode())
        self.requests += 1
        self.bytes += len(body)
        self.failed += status != 200
        return str(body.decode())

    def close(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
        self.socket.close()
        self.http.close()


def _items(session: str, message: int, text: str) -> list[dict[str, Any]]:
    ids = {"id": f"prt_{message:06d}", "messageID": f"msg_{message:06d}", "sessionID": session}
    about = {"id": ids["messageID"], "sessionID": session, "role": "assistant", "time": {"created": 1_700_000_000_000}}
    return [
        {"type": "message", "data": about},
        {"type": "part", "data": {**ids, "type": "text", "text": text}},
    ]


async def _busy(publisher: Any, session: str) -> int:
    """An agent at work: the text of the newest message grows; acknowledged updates."""
    began, count = time.monotonic(), 0
    while (passed := time.monotonic() - began) < SECONDS:
        message, length = divmod(count, UPDATES_A_SECOND)
        text = LOREM + "and one more thing; " * length
        await publisher.publish(publisher.prepare(_items(session, MESSAGES + message, text)))
        count += 1
        await asyncio.sleep(max(0.0, count / UPDATES_A_SECOND - passed))
    return count


async def _watched(adapter: Any, *, fragments: bool) -> dict[str, Any]:
    session = await adapter.new_session(random.randrange(10**8))
    publisher = await _publisher(adapter, session)
    for message in range(MESSAGES):
        await publisher.publish(publisher.prepare(_items(session["id"], message, LOREM)))
    viewers = [Viewer(adapter.port, session["share"], fragments=fragments) for _ in range(VIEWERS)]
    for start in range(0, VIEWERS, OPENED_TOGETHER):
        await asyncio.gather(*(viewer.open() for viewer in viewers[start : start + OPENED_TOGETHER]))
    await asyncio.sleep(2)
    requests, size = sum(viewer.requests for viewer in viewers), sum(viewer.bytes for viewer in viewers)
    meter = Meter(adapter.pids)
    meter.start()
    updates = await _busy(publisher, session["id"])
    await asyncio.sleep(INTERVAL_SECONDS + SPREAD_SECONDS)
    used = meter.stop()
    for viewer in viewers:
        viewer.close()
    publisher.close()
    return {
        "viewers": VIEWERS,
        "updates": updates,
        "shown": sum(viewer.updates for viewer in viewers),
        "fragment_requests": sum(viewer.requests for viewer in viewers) - requests,
        "fragment_bytes": sum(viewer.bytes for viewer in viewers) - size,
        "failed": sum(viewer.failed for viewer in viewers),
        "cores": round(used["srv_cpu_s"] / used["wall_s"], 3),
        "us_per_viewer_second": round(used["srv_cpu_s"] * 1e6 / VIEWERS / used["wall_s"], 1),
        **used,
    }


async def _publisher(adapter: Any, session: dict[str, str]) -> Any:
    path = f"/api/share/{session['share']}/sync"

    def build(items: list[dict[str, Any]], _seq: int = 0) -> bytes:
        return bytes(http_post(path, json.dumps({"secret": session["secret"], "data": items})))

    publisher = HttpPublisher(build)
    publisher.prepare = build
    return await publisher.open("127.0.0.1", adapter.port)


async def sockets(adapter: Any) -> dict[str, Any]:
    return await _watched(adapter, fragments=False)


async def browsers(adapter: Any) -> dict[str, Any]:
    return await _watched(adapter, fragments=True)


SCENARIOS = {"page_sockets": sockets, "page_browsers": browsers}

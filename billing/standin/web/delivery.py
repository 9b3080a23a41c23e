"""Sends events to webhook endpoints: in order for each of them, again when one does not take an event."""

import asyncio
import http.client
import urllib.request
from collections.abc import Callable
from typing import Any, Final

import structlog

from billing.standin.sandbox import Sandbox
from billing.standin.service import perform
from billing.standin.service.deliveries import Post, delivery_done, next_due, posts_due

log = structlog.get_logger(__name__)
ANSWER_SECONDS: Final = 10.0
BATCH: Final = 64
# Time also passes without requests: renewals, debits, sessions that expire.
LOOK_SECONDS: Final = 1.0


class Unredirected(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments: Any) -> None:
        """A redirect is no acceptance."""


OPENER: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}), Unredirected)


class Deliverer:
    """A loop beside the server. `write` is called after each change of the sandbox."""

    def __init__(self, sandbox: Sandbox, write: Callable[[], None]) -> None:
        self._sandbox = sandbox
        self._write = write
        self._woken = asyncio.Event()

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        while True:
            await self._wait()
            try:
                await self._round()
            except Exception:
                log.exception("delivery_failed")
                await asyncio.sleep(LOOK_SECONDS)

    async def _round(self) -> None:
        perform(self._sandbox, lambda: None)
        self._write()
        by_endpoint: dict[str, list[Post]] = {}
        for post in posts_due(self._sandbox, BATCH):
            by_endpoint.setdefault(post.endpoint_id, []).append(post)
        await asyncio.gather(*(self._send_all(posts) for posts in by_endpoint.values()))
        self._write()

    async def _wait(self) -> None:
        due = next_due(self._sandbox)
        if due is not None and due <= self._sandbox.now:
            return
        try:
            await asyncio.wait_for(self._woken.wait(), LOOK_SECONDS)
        except TimeoutError:
            return
        self._woken.clear()

    async def _send_all(self, posts: list[Post]) -> None:
        for post in posts:
            taken = await asyncio.to_thread(is_taken, post)
            delivery_done(self._sandbox, post.delivery_id, is_taken=taken)


def is_taken(post: Post) -> bool:
    """Whether the endpoint has answered with a 2xx; everything else counts as a failure."""
    request = urllib.request.Request(post.url, post.body.encode(), post.headers, method="POST")  # noqa: S310 - http(s) only
    try:
        with OPENER.open(request, timeout=ANSWER_SECONDS) as answer:
            return bool(200 <= answer.status < 300)
    except (OSError, http.client.HTTPException, ValueError) as error:
        log.info("event_not_taken", url=post.url, error=str(error))
        return False

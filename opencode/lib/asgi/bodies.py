"""A request's body as it arrives: at a minimum rate and, until its sender is known, within a total for all of them."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from opencode.lib.errors import BodiesFull, BodyTimedOut

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

GRACE_SECONDS: Final = 10.0
PAUSE_SECONDS: Final = 30.0
BYTES_PER_SECOND: Final = 4096
"""A body's minimum rate, 32 kbit/s. It may lag by GRACE_SECONDS, and save up PAUSE_SECONDS by being faster."""
STRANGERS_BYTES: Final = 128 * 1024 * 1024
"""The most this process holds of bodies whose sender has not shown a secret yet: two of the largest."""
FREE_BYTES: Final = 16 * 1024
"""This much of each body does not count: a form or a share's create passes even when the total is used up."""
RETRY_SECONDS: Final = 5


class Strangers:
    """Bytes held at the moment of bodies from unknown senders. Only the event loop counts, so it needs no lock."""

    held: int = 0


class Body:
    """Used like the server's own `receive`. Raises BodyTimedOut, BodiesFull. `release` it when the request ends."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._left_seconds = GRACE_SECONDS
        self._is_whole = False
        self._is_known = False
        self._size = 0
        self._held = 0

    async def __call__(self) -> Message:
        if self._is_whole:
            return await self._receive()
        message = await self._paced()
        self._is_whole = not message.get("more_body", False)
        self._count(len(message.get("body", b"")))
        return message

    def trust(self) -> None:
        """The sender has shown a secret: stop counting the body towards the total."""
        self._is_known = True
        self.release()

    def release(self) -> None:
        Strangers.held -= self._held
        self._held = 0

    async def _paced(self) -> Message:
        """The next message. Only the wait for the client counts, not the application's own time."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(max(0.0, self._left_seconds)):
                message = await self._receive()
        except TimeoutError:
            raise BodyTimedOut from None
        earned = len(message.get("body", b"")) / BYTES_PER_SECOND
        self._left_seconds = min(PAUSE_SECONDS, self._left_seconds + began - loop.time() + earned)
        return message

    def _count(self, size: int) -> None:
        self._size += size
        if self._is_known:
            return
        more = max(0, self._size - FREE_BYTES) - self._held
        if more > 0 and Strangers.held + more > STRANGERS_BYTES:
            raise BodiesFull(retry_after=RETRY_SECONDS)
        Strangers.held += more
        self._held += more

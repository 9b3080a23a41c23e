"""A provider's stream: its events, and what its watcher finds in them."""

from collections.abc import AsyncIterator
from typing import Final

import aiohttp

from gateway.wire.answering.events import EventSplitter, EventTooLarge
from gateway.wire.answering.watchers import watcher_for
from gateway.wire.answering.watching import Kind, Seen
from gateway.wire.asking.ask import Ask

HELD_BYTES: Final = 256 * 1024
"""Beyond this much without any content the stream counts as begun."""
_BEGUN: Final = frozenset({Kind.CONTENT, Kind.LAST})


class StreamFailed(Exception):
    """The stream failed or ended before it had any content."""


class Stream:
    """Iterated once. `prompt` is the estimate of the prompt's tokens."""

    def __init__(self, ask: Ask, response: aiohttp.ClientResponse, prompt: int) -> None:
        self.watcher = watcher_for(ask.form, prompt=prompt, shows_usage=ask.shows_usage)
        self._content = response.content
        self._splitter = EventSplitter()
        self._batches = self._read()

    def __aiter__(self) -> AsyncIterator[list[Seen]]:
        """What came together, as lists of events. Raises aiohttp.ClientError, OSError, TimeoutError, StreamFailed."""
        return self._batches

    async def open(self) -> tuple[Seen, ...]:
        """The events up to the first with content. Raises StreamFailed when there is none, and what reading raises."""
        held: list[Seen] = []
        async for batch in self._batches:
            for seen in batch:
                if seen.kind == Kind.FAILED and not any(each.kind in _BEGUN for each in held):
                    raise StreamFailed("an error before any content")
                held.append(seen)
            if any(seen.kind in _BEGUN for seen in held) or sum(len(seen.raw) for seen in held) > HELD_BYTES:
                return tuple(held)
        raise StreamFailed("the end before any content")

    async def _read(self) -> AsyncIterator[list[Seen]]:
        try:
            async for chunk in self._content.iter_any():
                batch = [self.watcher.see(event) for event in self._splitter.feed(chunk)]
                if batch:
                    yield batch
        except EventTooLarge:
            raise StreamFailed("an event that is too large") from None
        rest = self._splitter.end()
        if rest is not None:
            yield [self.watcher.see(rest)]

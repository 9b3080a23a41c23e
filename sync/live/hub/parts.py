"""A session as rows instead of frames, for readers that speak another protocol than `opencode.sync.v1`."""

from collections.abc import AsyncGenerator
from typing import Literal, NamedTuple

from sync.live.hub.cursor import Cursor
from sync.live.hub.frame import rows_of
from sync.live.hub.registry import HubRegistry
from sync.store import StateRow


class FramePart(NamedTuple):
    """Part of the state at joining (`snapshot`), then each later frame (`updates`)."""

    kind: Literal["snapshot", "updates"]
    rows: list[StateRow]


async def session_parts(registry: HubRegistry, session_id: int) -> AsyncGenerator[FramePart, None]:
    """The whole state, then every update, without end. Raises ReaderEnded when the session ends its readers."""
    async with registry.reading(session_id) as hub:
        cursor = Cursor(hub)
        for text in await cursor.start(None):
            yield FramePart("snapshot", rows_of(text))
        while True:
            update = await cursor.next()
            if update is None:
                await cursor.wait()
            elif update.startswith('{"type":"updates"'):
                yield FramePart("updates", rows_of(update))

"""What each frame of a bridge does: one service in a thread, then the entries of the asks it changed."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from opencode.lib.asgi.threads import in_thread
from steering.live import asks_project
from steering.protocol.frames import (
    AskFrame,
    BridgeFrame,
    ByeFrame,
    OpenFrame,
    PingFrame,
    ResolvedFrame,
    StatusFrame,
    heartbeat_text,
)
from steering.services.asks import ask_resolve, ask_take, asks_take_all, session_idle
from steering.services.processes import process_end

IDLE: Final = "idle"
Say = Callable[[str], Awaitable[None]]
Work = Callable[[], list[str]]


class Handler:
    """For one connection of an agent process, after its hello."""

    def __init__(self, process_id: int, generation: int, say: Say) -> None:
        self._process_id = process_id
        self._generation = generation
        self._say = say

    async def take(self, frame: BridgeFrame) -> bool:
        """Do what the frame says; False when it was the last one. Raises the denials of the services."""
        if isinstance(frame, PingFrame):
            await self._say(heartbeat_text())
            return True
        work = self._work(frame)
        if work is not None:
            await asks_project(await in_thread(work, process_id=self._process_id, generation=self._generation))
        return not isinstance(frame, ByeFrame)

    def _work(self, frame: BridgeFrame) -> Callable[..., list[str]] | None:
        match frame:
            case OpenFrame():
                return partial(asks_take_all, asks=frame.asks)
            case AskFrame():
                return partial(ask_take, ask=frame)
            case ResolvedFrame():
                return partial(ask_resolve, client_id=frame.id, state=frame.state)
            case StatusFrame() if frame.status == IDLE:
                return partial(session_idle, session=frame.session)
            case ByeFrame():
                return process_end
            case _:
                return None

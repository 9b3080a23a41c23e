"""What each frame of a bridge does: one service in a thread, then the entries of the asks it changed."""

from collections.abc import Callable
from functools import partial

from opencode.lib.asgi.threads import in_thread
from steering.live import Bridge, asks_project, commands_deliver
from steering.protocol.frames import (
    AskFrame,
    BridgeFrame,
    ByeFrame,
    OpenFrame,
    PingFrame,
    ResolvedFrame,
    ResultFrame,
    StatusFrame,
    TookFrame,
    heartbeat_text,
)
from steering.services.asks import ask_resolve, ask_take, asks_take_all
from steering.services.commands import command_result, command_took
from steering.services.processes import process_end
from steering.services.runs import session_status


class Handler:
    """For one connection of an agent process, after its hello."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    async def take(self, frame: BridgeFrame) -> bool:
        """Do what the frame says; False when it was the last one. Raises the denials of the services."""
        if isinstance(frame, PingFrame):
            self._bridge.nonce = frame.nonce
            await self._bridge.say(heartbeat_text())
            return True
        work, names = self._work(frame), (self._bridge.process_id, self._bridge.generation)
        if work is not None:
            await asks_project(await in_thread(work, process_id=names[0], generation=names[1]))
        if isinstance(frame, OpenFrame):
            self._bridge.nonce = frame.nonce
            await commands_deliver(self._bridge, is_again=True)
        return not isinstance(frame, ByeFrame)

    def _work(self, frame: BridgeFrame) -> Callable[..., list[str]] | None:
        match frame:
            case OpenFrame():
                return partial(asks_take_all, frame=frame)
            case AskFrame():
                return partial(ask_take, ask=frame)
            case ResolvedFrame():
                return partial(ask_resolve, client_id=frame.id, state=frame.state)
            case StatusFrame():
                return partial(session_status, frame=frame)
            case TookFrame():
                return partial(command_took, command_id=frame.id)
            case ResultFrame():
                return partial(command_result, result=frame)
            case ByeFrame():
                return process_end
            case _:
                return None

"""Sends commands to the bridges of this process: at once when they are made here, else at the next beat."""

import asyncio
from typing import Final

from opencode.lib.asgi.threads import in_thread
from opencode.lib.errors import Denial
from steering.live.bridges import Bridge, get_bridges
from steering.models import Command
from steering.protocol.frames import command_text
from steering.selectors.commands import processes_with_commands
from steering.services.commands import commands_take
from sync.live import Runtime, in_runtime

_DELIVERING: Final[set[asyncio.Task[None]]] = set()
"""An event loop itself holds its tasks weakly."""


def commands_deliver_soon(process_id: int) -> None:
    """From any thread: send what waits for this agent process, if its bridge is connected here."""

    def begin(runtime: Runtime) -> None:
        task = runtime.loop.create_task(_deliver_to(process_id))
        _DELIVERING.add(task)
        task.add_done_callback(_DELIVERING.discard)

    in_runtime(begin)


async def commands_deliver(bridge: Bridge, *, is_again: bool = False) -> None:
    """Send what waits for this bridge; with `is_again` also what was sent to an earlier connection of its process."""
    if not bridge.nonce:
        return
    try:
        commands = await in_thread(
            commands_take, process_id=bridge.process_id, generation=bridge.generation, is_again=is_again
        )
    except Denial:
        return
    for command in commands:
        await bridge.say(_text(command, bridge))


async def commands_deliver_waiting() -> None:
    """Send what waits for any bridge here."""
    ids = get_bridges().process_ids
    for process_id in await in_thread(processes_with_commands, ids) if ids else []:
        await _deliver_to(process_id)


async def _deliver_to(process_id: int) -> None:
    bridge = get_bridges().get(process_id)
    if bridge is not None:
        await commands_deliver(bridge)


def _text(command: Command, bridge: Bridge) -> str:
    frame = {
        "id": command.pk,
        "process": command.process.client_id,
        "op": command.op,
        "session": command.ask.session_client_id,
        "ask": command.ask.client_id,
        "digest": command.digest,
        "payload": command.decoded_payload,
        "by": command.user.display_name,
    }
    return command_text(frame, nonce=bridge.nonce)

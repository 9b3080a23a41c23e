"""Sends commands to the bridges of this process: at once, whichever process they were made in, and at each beat again.

The channel layer carries no command, only word that there is one; that may be lost, and the beat makes good for it.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from opencode.lib.asgi.threads import in_thread
from opencode.lib.errors import Denial
from steering.live.bridges import Bridge, get_bridges
from steering.models import Ask, Command, Run
from steering.protocol.frames import command_text
from steering.selectors.commands import processes_with_commands
from steering.services.commands import commands_take
from sync.live import Runtime, in_runtime

COMMANDS: Final = "steering.commands"
"""The kind of the layer's messages."""
_DELIVERING: Final[set[asyncio.Task[None]]] = set()
"""An event loop itself holds its tasks weakly."""


def commands_deliver_soon(process_id: int) -> None:
    """From any thread, once it is committed: send what waits for this agent process, wherever its bridge is."""

    def begin(runtime: Runtime) -> None:
        if get_bridges().get(process_id) is None:
            runtime.fanout.tell({"type": COMMANDS, "process": process_id})
        else:
            _begin(process_id)

    in_runtime(begin)


def commands_hear(message: Mapping[str, Any]) -> None:
    """Another process of the console has a command for an agent process, whose bridge may be here."""
    if get_bridges().get(message["process"]) is not None:
        _begin(message["process"])


def _begin(process_id: int) -> None:
    task = asyncio.get_running_loop().create_task(_deliver_to(process_id))
    _DELIVERING.add(task)
    task.add_done_callback(_DELIVERING.discard)


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
        **_about(command.target, command.digest),
        "payload": command.decoded_payload,
        "by": command.user.display_name,
    }
    return command_text(frame, nonce=bridge.nonce)


def _about(target: Ask | Run, digest: str) -> dict[str, str]:
    if isinstance(target, Ask):
        return {"session": target.session_client_id, "ask": target.client_id, "digest": digest}
    return {"session": target.client_id, "run": target.name, "digest": digest}

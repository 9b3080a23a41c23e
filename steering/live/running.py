"""What runs at every heartbeat of a web process: bridges are seen, silent agents given up, late entries written."""

from typing import Final

from opencode.lib.asgi.threads import in_thread
from opencode.lib.clock import utc_now
from steering.live.bridges import get_bridges
from steering.live.delivering import COMMANDS, commands_deliver_waiting, commands_hear
from steering.live.projecting import asks_project, asks_project_due
from steering.services.commands import commands_expire
from steering.services.processes import processes_lose, processes_seen
from sync.live import get_runtime

GRACE_SECONDS: Final = 10.0
"""A web process that has just started gives up no agent: bridges need a moment to come back."""


def steering_start() -> None:
    """Take part in the heartbeat of this process; again is harmless."""
    get_bridges()
    get_runtime().at_beat(beat)
    get_runtime().fanout.at_message(COMMANDS, commands_hear)


async def beat() -> None:
    bridges = get_bridges()
    heard = bridges.heard()
    if heard:
        for process_id in await in_thread(processes_seen, heard=heard, now=utc_now()):
            bridges.end(process_id)
    bridges.end_silent()
    if bridges.loop.time() - bridges.started_at > GRACE_SECONDS:
        await asks_project(await in_thread(processes_lose, now=utc_now()))
    await asks_project_due()
    await in_thread(commands_expire, now=utc_now())
    await commands_deliver_waiting()

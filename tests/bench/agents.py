"""Agents at their real pace: so many, each with a sync a second at its own moment, beside a database in use.

The server has 1 M entries in 5,000 sessions before the first of them comes (`…-full` in adapter.py), and its worker's
sweeps run. Latency counts from the moment a sync was due, so a server that falls behind is not spared.
"""

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Any

import numpy
from gen import Meter, now, pct

from tests.bench.plan import AGENTS

SECONDS = 20.0
WARM_SECONDS = 5.0
INTERVAL_SECONDS = 1.0
JITTER_SECONDS = 0.2
CREATED_TOGETHER = 8


async def _agent(publisher: Any, began: int, seconds: float, taken: list[int], failed: list[str]) -> None:
    """One agent: `taken` gets nanoseconds from when each sync was due to its answer."""
    due = began + int(random.random() * INTERVAL_SECONDS * 1e9)
    sequence = 0
    while due < began + seconds * 1e9:
        await asyncio.sleep(max(0.0, (due - now()) / 1e9))
        sequence += 1
        try:
            await publisher.publish(publisher.prepare(sequence % 10, sequence))
            taken.append(now() - due)
        except Exception as error:
            failed.append(repr(error)[:200])
        due += int((INTERVAL_SECONDS + random.uniform(-JITTER_SECONDS, JITTER_SECONDS)) * 1e9)


async def _round(publishers: list[Any], seconds: float) -> tuple[list[int], list[str]]:
    taken: list[int] = []
    failed: list[str] = []
    began = now()
    await asyncio.gather(*(_agent(each, began, seconds, taken, failed) for each in publishers))
    return taken, failed


async def _measure(adapter: Any, count: int) -> dict[str, Any]:
    gate = asyncio.Semaphore(CREATED_TOGETHER)
    meter = Meter(adapter.pids)

    async def opened(number: int) -> Any:
        async with gate:
            return await adapter.pub(await adapter.new_session(number), 1)

    meter.start()
    first = random.randrange(10**6) * 1000
    publishers = await asyncio.gather(*(opened(first + number) for number in range(count)))
    creating = meter.stop()
    await _round(publishers, WARM_SECONDS)
    meter.start()
    taken, failed = await _round(publishers, SECONDS)
    used = meter.stop()
    for publisher in publishers:
        publisher.close()
    return {
        "agents": count,
        "syncs": len(taken),
        "lat_ms": pct(numpy.array(taken), (50, 95, 99)),
        "us_per_sync": round(used["srv_cpu_s"] * 1e6 / max(1, len(taken))),
        "us_per_create": round(creating["srv_cpu_s"] * 1e6 / count),
        "n_errs": len(failed),
        "errs": failed[:3],
        **used,
    }


def _with_agents(count: int) -> Callable[[Any], Coroutine[Any, Any, dict[str, Any]]]:
    return lambda adapter: _measure(adapter, count)


SCENARIOS = {f"agents{count}": _with_agents(count) for count in AGENTS}

"""How cost grows: the load generator's own scenarios at three sizes each, for the CPU of a delivery and of an ack.

Deliveries come at a fixed rate, one publisher with 50 updates a second, so that each update is a frame of its own
whatever the number of readers. Acks are as many at each size, each session with one writer and two readers. Stalled
readers are owed the same 30 MB at each count.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import bench

from tests.bench.plan import READERS, SESSIONS, STALLED

RATE = 50
UPDATES = 250
ACKS = 10_000
IN_FLIGHT = 64

Scenario = Callable[[Any], Awaitable[dict[str, Any]]]


def _with_readers(count: int) -> Scenario:
    return lambda adapter: bench.s1(adapter, IN_FLIGHT, rate=RATE, N=UPDATES, M=count)


def _with_sessions(count: int) -> Scenario:
    return lambda adapter: bench.s2(adapter, S=count, U=ACKS // count)


def _with_stalled(count: int) -> Scenario:
    return lambda adapter: bench.s8(adapter, stalled=count)


SCENARIOS: dict[str, Scenario] = {
    **{f"readers{count}": _with_readers(count) for count in READERS},
    **{f"sessions{count}": _with_sessions(count) for count in SESSIONS},
    **{f"stalled{count}": _with_stalled(count) for count in STALLED},
}

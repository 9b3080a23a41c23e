"""The metrics of a process's publishes, shown at `/metrics`. No id and no key becomes a label.

An acknowledgement's time is counted thousands of times a second, by the event loop alone: plain numbers cost a quarter
of what the library's histogram with its locks does.
"""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from typing import Final, NamedTuple

from prometheus_client import REGISTRY, Counter
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

from opencode.lib.errors import Denial
from sync.protocol.updates import PublishReceipt
from sync.writer import Publish

PUBLISHES: Final = Counter("opencode_publishes", "Publishes that were committed or refused by the writer.")
REFUSED: Final = Counter("opencode_refused_publishes", "Publishes that were not kept, by the refusal's code.", ["code"])


class Seconds(Collector):
    """A histogram that one thread fills."""

    BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

    def __init__(self, name: str, about: str) -> None:
        self._name, self._about = name, about
        self._counts = [0] * (len(self.BOUNDS) + 1)
        self._sum = 0.0

    def observe(self, seconds: float) -> None:
        self._counts[bisect_left(self.BOUNDS, seconds)] += 1
        self._sum += seconds

    def collect(self) -> Iterator[HistogramMetricFamily]:
        bounds = [*map(str, self.BOUNDS), "+Inf"]
        buckets = list(zip(bounds, accumulate(self._counts), strict=True))
        yield HistogramMetricFamily(self._name, self._about, buckets=buckets, sum_value=self._sum)


ACKNOWLEDGED: Final = Seconds(
    "opencode_acknowledgement_seconds", "From when a publish was taken until its commit was known."
)
REGISTRY.register(ACKNOWLEDGED)


def count_refused(code: str) -> None:
    REFUSED.labels(code).inc()


def count_settled(publish: Publish, now: float) -> None:
    """Count a publish that has its outcome, a receipt or a denial. `now` is in seconds of the monotonic clock."""
    if isinstance(publish.outcome, PublishReceipt):
        ACKNOWLEDGED.observe(now - publish.created)
        if publish.sender is not None:
            publish.sender.acknowledged()
    else:
        count_refused((publish.outcome or Denial()).code)


class RuntimeLoad(NamedTuple):
    """How much a process holds at the moment: open sockets, hubs, bytes in the writer's queue."""

    sockets: int = 0
    hubs: int = 0
    queued_bytes: int = 0

"""Tables in Markdown from the lines the load generator wrote: `python -m tests.bench.table results.jsonl`.

Each figure is the median of the runs with the least taken by others, three at most.
"""

import json
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.plan import EMBEDDED, OURS, READERS, SESSIONS, STALLED

BEST = 3
NO_FIGURE = "–"
BY_AGENTS = "opencode-servers-agent-http"
TWO_PROCESSES = "opencode-servers-2"
SOCKETIO, NATS = "socketio-redis", "nats-jetstream"


class Row(NamedTuple):
    """`asked` says whether the figure on the server stack is as the issue asks; None where nothing is asked of it."""

    title: str
    scenario: str
    path: str
    unit: str
    limit: str = ""
    asked: Callable[[float], bool] | None = None
    server: str = OURS


ROWS = (
    Row("s1win: 32 in flight, 200 readers", "s1win", "del_per_s", "deliveries/s", "≥ 90,000", lambda x: x >= 90_000),
    Row("s1win: not delivered", "s1win", "lost", "updates", "0", lambda x: x == 0),
    Row("s1seq: one in flight, 200 readers", "s1seq", "del_per_s", "deliveries/s"),
    Row("s1p50: 50 updates/s, 200 readers", "s1p50", "lat_ms.p50", "ms, p50", "≤ 5", lambda x: x <= 5),
    Row("s1p50", "s1p50", "lat_ms.p99", "ms, p99", "≤ 20", lambda x: x <= 20),
    Row("s2: 200 sessions × 1 writer × 2 readers", "s2", "ack_per_s", "acks/s", "1.5 × NATS; aim 3,500"),
    Row("s2 over the agents' HTTP", "s2", "ack_per_s", "acks/s", "≥ 700", lambda x: x >= 700, BY_AGENTS),
    Row("s3: join 2,000 entries", "s3", "join_ms_med", "ms, median", "≤ 12", lambda x: x <= 12),
    Row("s3: 20 at once", "s3", "storm20_ms", "ms", "≤ 150", lambda x: x <= 150),
    Row("s4: 5,000 idle readers", "s4", "kib_per_sub_5000", "KiB a socket", "≤ 40", lambda x: x <= 40),
    Row("s5: SIGKILL while publishing", "s5", "gone", "acknowledged updates gone", "0", lambda x: x == 0),
    Row("s5win: the same, 16 in flight", "s5win", "gone", "acknowledged updates gone", "0", lambda x: x == 0),
    Row("s6: ack on an idle server", "s6", "ack_ms.p50", "ms, p50", "≤ 2 (embedded)"),
    Row("s7: 40 join while written, missing", "s7", "missing", "readers", "0", lambda x: x == 0),
    Row("s7: gone back", "s7", "went_back", "readers", "0", lambda x: x == 0),
    Row("s7: doubled", "s7", "dup", "readers", "0", lambda x: x == 0),
    Row("s8: 5 of 25 stalled", "s8", "grown_kib_per_stalled", "KiB a stalled reader", "≤ 4,096", lambda x: x <= 4096),
    Row("s8: the healthy", "s8", "lat_ms.p50", "ms, p50", "≤ 5", lambda x: x <= 5),
)


class Results:
    """The runs by server and scenario."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._runs: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for line in lines:
            run = json.loads(line)
            if "r" in run:
                self._runs[run["server"], run["scenario"]].append(run)

    def figure(self, server: str, scenario: str, path: str) -> float | None:
        runs = sorted(self._runs[server, scenario], key=lambda run: float(run["dirty"]))[:BEST]
        found = [value for run in runs if (value := _at(run["r"], path)) is not None]
        return statistics.median(found) if found else None

    def worst_neighbour(self) -> float:
        """The most that others took of a core during any run that counted, in percent."""
        best = [sorted(float(run["dirty"]) for run in runs)[:BEST] for runs in self._runs.values() if runs]
        return max((max(each) for each in best), default=0.0)


def _at(result: Any, path: str) -> float | None:
    for name in path.split("."):
        result = result.get(name) if isinstance(result, dict) else None
    return None if result is None else float(result)


def _shown(value: float | None) -> str:
    if value is None:
        return NO_FIGURE
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.1f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Without the rows that nothing was measured for; nothing at all when there are no others."""
    measured = [row for row in rows if any(cell not in {NO_FIGURE, ""} for cell in row[1:5])]
    if not measured:
        return
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in measured:
        yield f"| {' | '.join(row)} |"
    yield ""


def _held(row: Row, value: float | None, nats: float | None) -> str:
    if row.scenario == "s2" and row.server == OURS and value is not None and nats is not None:
        return "yes" if value >= 1.5 * nats else f"no: {value / nats:.2f} ×"
    if row.asked is None or value is None:
        return ""
    return "yes" if row.asked(value) else "no"


def asked_rows(results: Results) -> Iterator[Sequence[str]]:
    for row in ROWS:
        ours = results.figure(row.server, row.scenario, row.path)
        embedded = results.figure(row.server.replace(OURS, EMBEDDED), row.scenario, row.path)
        others = [
            None if row.server == BY_AGENTS else results.figure(s, row.scenario, row.path) for s in (SOCKETIO, NATS)
        ]
        yield [
            f"{row.title}, {row.unit}",
            *map(_shown, (ours, embedded, *others)),
            row.limit,
            _held(row, ours, others[1]),
        ]


def growth_rows(results: Results) -> Iterator[Sequence[str]]:
    for server in (OURS, EMBEDDED):
        per_delivery = [results.figure(server, f"readers{count}", "srv_us_per_delivery") for count in READERS]
        per_ack = [results.figure(server, f"sessions{count}", "srv_us_per_update") for count in SESSIONS]
        yield [f"{server}: µs a delivery, by readers of one session", *map(_shown, per_delivery)]
        yield [f"{server}: µs an ack, by sessions written at once", *map(_shown, per_ack)]


def stalled_rows(results: Results) -> Iterator[Sequence[str]]:
    """All growth while the updates were published, at two counts of stalled readers, and what one of them adds."""
    few, many = STALLED
    for server in (OURS, EMBEDDED):
        each = [results.figure(server, f"stalled{count}", "grown_kib_per_stalled") for count in STALLED]
        grown = [None if kib is None else kib * count for kib, count in zip(each, STALLED, strict=True)]
        adds = None if None in grown else (grown[1] - grown[0]) / (many - few)
        yield [f"{server}: KiB", *map(_shown, (*grown, adds))]


def page_rows(results: Results) -> Iterator[Sequence[str]]:
    for server in (BY_AGENTS, BY_AGENTS.replace(OURS, EMBEDDED)):
        for scenario in ("page_sockets", "page_browsers"):
            paths = ("cores", "us_per_viewer_second", "fragment_requests", "fragment_bytes", "failed")
            yield [f"{server}, {scenario}", *(_shown(results.figure(server, scenario, path)) for path in paths)]


def pair_rows(results: Results) -> Iterator[Sequence[str]]:
    for scenario, path, unit in (("s1win", "del_per_s", "deliveries/s"), ("s2", "ack_per_s", "acks/s")):
        yield [
            f"{scenario}, {unit}",
            *(_shown(results.figure(s, scenario, path)) for s in (OURS, "opencode-servers-2")),
        ]


def tables(lines: Iterable[str]) -> str:
    results = Results(lines)
    sizes = [f"{count:,}" for count in READERS]
    viewed = [
        "200 viewers of one busy session",
        "cores",
        "µs of CPU a viewer and second",
        "requests",
        "bytes",
        "failed",
    ]
    parts = [
        *_table(["", "servers", "embedded", "socketio-redis", "nats-jetstream", "asked", "held"], asked_rows(results)),
        *_table(["CPU of everything that is ours", *sizes], growth_rows(results)),
        *_table(
            ["grown in all, by stalled readers", *map(str, STALLED), "a stalled reader adds"], stalled_rows(results)
        ),
        *_table(viewed, page_rows(results)),
        *_table(["web processes", "1", "2"], pair_rows(results)),
        f"During these runs others took at most {results.worst_neighbour():.0f} % of a core.",
    ]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.stdout.write(tables(Path(sys.argv[1]).read_text().splitlines()))

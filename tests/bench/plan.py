"""What `make bench` runs when it is not told otherwise: everything docs/performance.md has a row for."""

from collections.abc import Iterable

# How many readers of one session, how many sessions written to at once: what growth.py measures the CPU of.
READERS = (10, 100, 1000)
SESSIONS = (10, 100, 1000)
# How many of s8's readers are stalled: what grows beside that count is not theirs, such as a database's cache.
STALLED = (1, 20)
# How many agents sync once a second beside 1 M entries: agents.py.
AGENTS = (100, 300, 500)
Run = tuple[str, str]
OURS = "opencode-servers"
EMBEDDED = "opencode"

# Beside each other in time, for neighbours on the machine change by the minute.
SIDE_BY_SIDE = {
    "s1seq": (OURS, EMBEDDED, "socketio-redis"),
    "s1win": (OURS, EMBEDDED, "socketio-redis", "nats-jetstream", "opencode-servers-2"),
    "s1p50": (OURS, EMBEDDED, "socketio-redis", "nats-jetstream"),
    "s2": (
        OURS,
        "nats-jetstream",
        EMBEDDED,
        "socketio-redis",
        "opencode-servers-agent-http",
        "opencode-agent-http",
        "opencode-servers-2",
    ),
    "s3": (OURS, EMBEDDED, "socketio-redis"),
    "s4": (OURS, EMBEDDED),
    "s5": (OURS, EMBEDDED),
    "s5win": (OURS, EMBEDDED),
    "s6": (OURS, EMBEDDED, "socketio-redis"),
    "s7": (OURS, EMBEDDED),
    "s8": (OURS, EMBEDDED),
    **{f"readers{count}": (OURS, EMBEDDED) for count in READERS},
    **{f"sessions{count}": (OURS, EMBEDDED) for count in SESSIONS},
    **{f"stalled{count}": (OURS, EMBEDDED) for count in STALLED},
    **{f"agents{count}": (f"{OURS}-agent-http-full", f"{EMBEDDED}-agent-http-full") for count in AGENTS},
    "page_sockets": ("opencode-servers-agent-http", "opencode-agent-http"),
    "page_browsers": ("opencode-servers-agent-http", "opencode-agent-http"),
}


def runs(servers: Iterable[str], scenarios: Iterable[str]) -> list[Run]:
    """Pairs of server and scenario; without servers each scenario on those it is planned for."""
    chosen = list(servers)
    wanted = list(scenarios) or list(SIDE_BY_SIDE)
    return [(server, scenario) for scenario in wanted for server in chosen or SIDE_BY_SIDE.get(scenario, (OURS,))]

"""How long a session takes to go cold and to come back: `python -m tests.bench.coldness [entries]`, one JSON line.

On the embedded stack; behind `python -m opencode.devtools.withservers --` on MariaDB and S3. Each figure is the
median and the longest of several rounds, in milliseconds; `lock` is the part during which the session's row (on
SQLite the database) is locked.
"""

import json
import os
import random
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import django

ROUNDS = 7
SESSION = "ses_bench"


def main(entries: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.test")
    django.setup()
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    made = setup_databases(verbosity=0, interactive=False)
    try:
        report = measure(entries)
    finally:
        teardown_databases(made, verbosity=0)
    sys.stdout.write(json.dumps({"database": connection.vendor, "entries": entries, **report}) + "\n")


def measure(entries: int) -> dict[str, Any]:
    from sync.archive.cold import cooling, read_warm, rows
    from sync.models import Session
    from sync.store import read_state

    session_id = seed(entries)
    locks: dict[str, list[float]] = {"cool": [], "warm": []}
    cooling._rows_remove = timed(cooling._rows_remove, locks["cool"])
    rows._rows_write = timed(rows._rows_write, locks["warm"])
    cool: list[float] = []
    visit: list[float] = []
    again: list[float] = []
    for _ in range(ROUNDS):
        timed(cooling.session_cool, cool)(session_id=session_id)
        timed(read_warm, visit)(read_state, session_id)
        timed(read_warm, again)(read_state, session_id)
    size = Session.objects.get(pk=session_id).content_bytes
    figures = {
        "cool": cool,
        "cool_lock": locks["cool"],
        "visit": visit,
        "visit_lock": locks["warm"],
        "visit_warm": again,
    }
    spread = {name: [round(median(values), 1), round(max(values), 1)] for name, values in figures.items()}
    return {"content_mb": round(size / 1e6, 1), **spread}


def seed(entries: int) -> int:
    from sync.live.publishing import session_publish_sync
    from sync.models import Session
    from sync.protocol.updates import Update

    words = random.Random(7)
    session = Session.objects.create(client_id=SESSION, owner_key="bench")
    for start in range(0, entries, 500):
        updates = [
            Update(
                f"session/part/{SESSION}/msg_{n // 10}/prt_{n}",
                json.dumps({"text": words.randbytes(750).hex()}),
                rank=n,
            )
            for n in range(start, min(start + 500, entries))
        ]
        session_publish_sync(session_id=session.pk, updates=updates)
    return session.pk


def timed(work: Callable[..., Any], into: list[float]) -> Callable[..., Any]:
    def run(*arguments: Any, **named: Any) -> Any:
        began = time.perf_counter()
        result = work(*arguments, **named)
        into.append((time.perf_counter() - began) * 1000)
        return result

    return run


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)

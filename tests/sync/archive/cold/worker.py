"""Processes for the tests of coldness: `python -m tests.sync.archive.cold.worker <what>`, answering one line of JSON.

`cool <point>` and `warm <point>` make a session, print what it was and end by SIGKILL at the point; `cold` leaves a
cold one; `race` brings it back beside others that do the same; `recover` says what is left and brings it back.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import django


def die(*_args: Any, **_options: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def state() -> Any:
    from sync.models import HeldItem, Operation, Session
    from tests.sync.archive.cold.coldness import columns_of, rows_of

    session = Session.objects.get()
    return {
        "cold": session.cold_at is not None,
        "rows": rows_of(session),
        "columns": {name: str(value) for name, value in columns_of(session).items()},
        "held": HeldItem.objects.count(),
        "operations": Operation.objects.count(),
    }


def seed(entries: int = 4) -> Any:
    """A session, and its state on standard output, whatever becomes of this process."""
    from sync.protocol.updates import Update
    from tests.sync.archive.cold.coldness import busy_session, write

    text = json.dumps("x" * 500)
    parts = [Update(f"session/part/ses_1/msg_2/prt_{n}", text) for n in range(entries - 4)]
    write(busy_session(), *parts)
    seeded = state()
    sys.stdout.write(json.dumps(seeded) + "\n")
    sys.stdout.flush()
    return seeded


def cold() -> Any:
    from sync.archive.cold.cooling import session_cool
    from sync.models import Session

    seeded = seed(500)
    session_cool(session_id=Session.objects.get().pk)
    return seeded


def cool(point: str) -> Any:
    from django.db import transaction

    from sync.archive.cold import cooling
    from sync.models import Session

    seed()
    removal = cooling._rows_remove

    def inside(*arguments: Any) -> bool:
        with transaction.atomic():
            removal(*arguments)
            die()
        return True

    def after(*arguments: Any) -> bool:
        removal(*arguments)
        die()
        return True

    steps: dict[str, Callable[[], None]] = {
        "before-compare": lambda: setattr(cooling, "_compared", die),
        "before-removal": lambda: setattr(cooling, "_rows_remove", die),
        "before-commit": lambda: setattr(cooling, "_rows_remove", inside),
        "after-commit": lambda: setattr(cooling, "_rows_remove", after),
    }
    steps[point]()
    return cooling.session_cool(session_id=Session.objects.get().pk)


def warm(point: str) -> Any:
    from sync.archive.cold import rows
    from sync.archive.cold.cooling import session_cool
    from sync.models import HeldItem, Session

    seed()
    session = Session.objects.get()
    session_cool(session_id=session.pk)
    HeldItem.objects.create(session=session, key="session/part/ses_1/m/p", kind="part", content="{}", size=2, phase=0)
    upsert, merge, write = rows.upsert_entries, rows.held_items_merge, rows._rows_write

    def half(entries: Any) -> None:
        upsert(entries[: len(entries) // 2])
        die()

    def merged(**arguments: Any) -> None:
        merge(**arguments)
        die()

    def written(*arguments: Any) -> bool:
        write(*arguments)
        die()
        return True

    {
        "before-rows": lambda: setattr(rows, "_rows_write", die),
        "half-rows": lambda: setattr(rows, "upsert_entries", half),
        "before-commit": lambda: setattr(rows, "held_items_merge", merged),
        "after-commit": lambda: setattr(rows, "_rows_write", written),
    }[point]()
    return rows.session_warm(session_id=session.pk)


def race(start: str) -> Any:
    """At the moment `start`: bring the session back, then read it; whether this process did it, and what it read."""
    from sync.archive.cold import read_warm, rows
    from sync.models import Session
    from sync.store import read_state

    session = Session.objects.get()
    time.sleep(max(0.0, float(start) - time.time()))
    came = rows.session_warm(session_id=session.pk)
    read = read_warm(read_state, session.pk)
    return {"came": came, "epoch": read and read.epoch, "head": read and read.head, "rows": read and len(read.rows)}


def recover() -> Any:
    from sync.archive.cold import session_warm
    from sync.archive.verification import session_verify
    from sync.models import Session

    before = state()
    session_id = Session.objects.get().pk
    verified = session_verify(session_id=session_id)
    session_warm(session_id=session_id)
    return {"before": before, "problems": verified and verified.problems, "after": state()}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.embedded")
    django.setup()
    name, *arguments = sys.argv[1:]
    commands: dict[str, Callable[..., Any]] = {
        "cold": cold,
        "cool": cool,
        "warm": warm,
        "race": race,
        "recover": recover,
    }
    sys.stdout.write(json.dumps(commands[name](*arguments)) + "\n")


if __name__ == "__main__":
    main()

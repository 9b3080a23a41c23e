"""A worker's process for the kill tests: `python -m tests.sync.archive.snapshots.worker <what>`, answering one line.

`die <point>` makes a session, sweeps, and ends by SIGKILL at the point; `recover` reports, sweeps when the dead
worker's claim has run out, and reports again; `report` does that alone.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import django


def die(*_args: Any, **_options: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def seed() -> None:
    from sync.live.publishing import session_publish_sync
    from sync.models import Session
    from sync.protocol.updates import Update

    session = Session.objects.create(client_id="ses_one", owner_key="one")
    session_publish_sync(session_id=session.pk, updates=[Update("session/info/ses_one", '{"title": "one"}')])


def sweep_killed(point: str) -> Any:
    from django.utils import timezone

    from opencode.lib.storage import DurableFileSystemStorage
    from sync.archive.snapshots import sweep as snapshot_sweep
    from sync.archive.snapshots import writing as snapshots
    from sync.archive.snapshots.sweep import snapshots_write_due

    seed()
    save = DurableFileSystemStorage._save

    def save_half(storage: DurableFileSystemStorage, name: str, content: Any) -> str:
        content.chunks = lambda: iter_then_die(content.read())
        return save(storage, name, content)

    def save_and_die(storage: DurableFileSystemStorage, name: str, content: Any) -> str:
        save(storage, name, content)
        die()
        return name

    {
        "before-row": lambda: setattr(snapshots, "_begin", die),
        "before-put": lambda: setattr(DurableFileSystemStorage, "_save", die),
        "half-put": lambda: setattr(DurableFileSystemStorage, "_save", save_half),
        "after-put": lambda: setattr(DurableFileSystemStorage, "_save", save_and_die),
        "before-commit": lambda: setattr(snapshots, "_finish", die),
    }[point]()
    return snapshots_write_due(now=timezone.now() + snapshot_sweep.MARK.lease)


def iter_then_die(whole: bytes) -> Any:
    yield whole[: len(whole) // 2]
    die()


def recover() -> Any:
    from django.utils import timezone

    from sync.archive.snapshots.sweep import MARK, snapshots_write_due

    before = report()
    written, failed = snapshots_write_due(now=timezone.now() + 3 * MARK.lease)
    return {"before": before, "written": written, "failed": failed, "after": report()}


def report() -> Any:
    from sync.archive.snapshots import snapshot_storage, unpack
    from sync.archive.snapshots.listing import latest_snapshot
    from sync.models import Session, Snapshot

    session = Session.objects.get()
    latest = latest_snapshot(session)
    entries = 0
    if latest is not None:
        with snapshot_storage().open(latest.object_name) as file:
            entries = len(list(unpack(file)[1]))
    return {
        "due": session.snapshot_due_at is not None,
        "states": list(Snapshot.objects.values_list("state", flat=True)),
        "offered_entries": entries,
    }


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.embedded")
    django.setup()
    name, *arguments = sys.argv[1:]
    commands: dict[str, Callable[..., Any]] = {"die": sweep_killed, "recover": recover, "report": report}
    sys.stdout.write(json.dumps(commands[name](*arguments)) + "\n")


if __name__ == "__main__":
    main()

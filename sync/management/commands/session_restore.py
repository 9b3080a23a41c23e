"""`manage.py session_restore SESSION`: makes a session what it was in one of its snapshots.

Exit codes: 0 restored (or rehearsed, or listed), 1 the session is being written to, 2 there is no such session or
snapshot, 3 the snapshot cannot be read.
"""

import json
from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from opencode.lib.actor import THE_CONSOLE
from opencode.lib.errors import Denial
from sync.archive import Restoration, restoration_rehearse, session_restore, stored_snapshots
from sync.models import Session, Snapshot

REFUSED, UNKNOWN, UNREADABLE = 1, 2, 3


class Command(BaseCommand):
    help = "Restore a session from one of its snapshots; without --snapshot, list them."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("session", help="The session's id, or its number in the admin")
        parser.add_argument("--workspace", default="", help="Its workspace's slug, when several have the id")
        parser.add_argument("--snapshot", type=int, help="The number of the snapshot to restore")
        parser.add_argument("--dry-run", action="store_true", help="Only say what would be done")
        parser.add_argument("--json", action="store_true", help="Print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        session = _session(options["session"], options["workspace"])
        if options["snapshot"] is None:
            self._list(session, as_json=options["json"])
            return
        snapshot = stored_snapshots(session).filter(pk=options["snapshot"]).first()
        if snapshot is None:
            raise CommandError(f"This session has no snapshot {options['snapshot']}", returncode=UNKNOWN)
        restore = partial(session_restore, actor=THE_CONSOLE)
        work: Callable[..., Restoration] = restoration_rehearse if options["dry_run"] else restore
        try:
            done = work(snapshot=snapshot)
        except Denial as denial:
            raise CommandError(denial.message, returncode=REFUSED) from denial
        except Exception as error:
            raise CommandError(f"The snapshot cannot be read: {error}", returncode=UNREADABLE) from error
        self._report(session, snapshot, done, as_json=options["json"])

    def _list(self, session: Session, *, as_json: bool) -> None:
        rows = [
            {
                "snapshot": row.pk,
                "taken": f"{row.created_at:%Y-%m-%d %H:%M:%S}Z",
                "seq": row.seq,
                "entries": row.entries,
            }
            for row in stored_snapshots(session)
        ]
        if as_json:
            self.stdout.write(json.dumps({"session": session.pk, "snapshots": rows}))
            return
        self.stdout.write(f"{len(rows)} snapshots of {session.client_id} ({session})")
        for row in rows:
            self.stdout.write("--snapshot {snapshot}: taken {taken}, update {seq}, {entries} entries".format(**row))

    def _report(self, session: Session, snapshot: Snapshot, done: Restoration, *, as_json: bool) -> None:
        if as_json:
            report = {
                **done._asdict(),
                "session": session.pk,
                "snapshot": snapshot.pk,
                "undo": done.undo and done.undo.pk,
            }
            self.stdout.write(json.dumps(report))
            return
        counts = f"{done.restored} entries of the snapshot at {snapshot.seq}, {done.removed} others removed"
        if done.undo is None:
            self.stdout.write(f"Would write {counts}; nothing was written")
        else:
            self.stdout.write(f"Wrote {counts}; to undo it: --snapshot {done.undo.pk}")


def _session(name: str, slug: str) -> Session:
    found = Session.objects.filter(client_id=name)
    if slug:
        found = found.filter(workspace__slug=slug)
    if not found.exists() and name.isdecimal():
        found = Session.objects.filter(pk=int(name))
    sessions = list(found[:2])
    if len(sessions) != 1:
        several = f"several workspaces have a session {name}: name one with --workspace"
        raise CommandError(several if sessions else f"There is no session {name}", returncode=UNKNOWN)
    return sessions[0]

"""`manage.py session_cool`: moves sessions' entries from the database into their snapshots, or warms them again.

Exit codes: 0 done (or rehearsed), 1 some were being written to, 2 no such session or unusable options, 3 the storage
does not answer, or a snapshot is damaged.
"""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from opencode.lib.clock import utc_now
from sync.archive import Cooling, cold_session_ids, idle_session_ids, session_cool, session_warm
from sync.models import Session

BUSY, UNKNOWN, UNREACHABLE = 1, 2, 3


class Command(BaseCommand):
    help = "Let idle sessions leave the database for their snapshots, or bring cold ones back with --warm."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("session", nargs="?", default="", help="A session's id, or its number in the admin")
        parser.add_argument("--workspace", default="", help="Its workspace's slug, when several have the id")
        parser.add_argument("--idle-days", type=int, metavar="N", help="Instead: all without activity for N days")
        parser.add_argument("--all", action="store_true", help="With --warm, instead: all that are cold")
        parser.add_argument("--warm", action="store_true", help="Bring back instead")
        parser.add_argument("--dry-run", action="store_true", help="Only say which sessions it would be")
        parser.add_argument("--json", action="store_true", help="Print one JSON object at the end")

    def handle(self, *args: Any, **options: Any) -> None:
        ids = self._chosen(options)
        if options["dry_run"]:
            self._say({"would": list(ids)}, as_json=options["json"])
            return
        done: dict[str, list[int]] = {}
        failed: dict[int, str] = {}
        for session_id in ids:
            try:
                outcome = _warm(session_id) if options["warm"] else session_cool(session_id=session_id).value
            except Exception as error:
                failed[session_id] = str(error)
            else:
                done.setdefault(outcome, []).append(session_id)
        self._say({**done, "failed": failed} if failed else done, as_json=options["json"])
        if failed:
            raise SystemExit(UNREACHABLE)
        if Cooling.BUSY in done:
            raise SystemExit(BUSY)

    def _chosen(self, options: dict[str, Any]) -> Iterator[int]:
        ways = [bool(options["session"]), options["idle_days"] is not None, options["all"]]
        if sum(ways) != 1 or (options["warm"] and options["idle_days"] is not None) or options["all"] > options["warm"]:
            raise CommandError("Name a session, or --idle-days N, or --warm --all", returncode=UNKNOWN)
        if options["all"]:
            return cold_session_ids()
        if options["idle_days"] is not None:
            return idle_session_ids(before=utc_now() - timedelta(days=options["idle_days"]))
        return iter([_session_id(options["session"], options["workspace"])])

    def _say(self, report: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(report))
            return
        for outcome, sessions in report.items():
            words = sessions.items() if isinstance(sessions, dict) else ((each, "") for each in sessions)
            for session_id, why in words:
                self.stdout.write(f"Session {session_id}: {outcome}" + (f": {why}" if why else ""))
        if not any(report.values()):
            self.stdout.write("No session")


def _warm(session_id: int) -> str:
    return "warmed" if session_warm(session_id=session_id) else "warm"


def _session_id(name: str, slug: str) -> int:
    found = Session.objects.filter(client_id=name)
    if slug:
        found = found.filter(workspace__slug=slug)
    if not found.exists() and name.isascii() and name.isdecimal() and not slug:
        found = Session.objects.filter(pk=int(name))
    ids = list(found.values_list("pk", flat=True)[:2])
    if len(ids) != 1:
        several = f"several sessions have the id {name}: add --workspace, or give its number"
        raise CommandError(several if ids else f"There is no session {name}", returncode=UNKNOWN)
    return ids[0]

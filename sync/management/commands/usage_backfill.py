"""`manage.py usage_backfill`: rolls up what the messages of sessions that are there already report of their costs.

Can be stopped and started again at any time: each session remembers up to where it was read. Exit codes: 0 done (or
rehearsed), 1 some sessions could not be read, 2 unusable options.
"""

import json
from argparse import ArgumentParser
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.db.models import F

from opencode.lib.clock import utc_now
from opencode.lib.money import format_dollars
from opencode.lib.progress import ProgressBar, paced
from sync.archive import Report, session_report, unreported_session_ids
from sync.models import Session

FAILED, UNUSABLE = 1, 2
PACE: Final = 50.0


class Command(BaseCommand):
    help = "Roll up the reported costs of sessions that were synced before the console did so itself."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--pace", type=float, default=PACE, metavar="N", help="Sessions a second at most")
        parser.add_argument("--dry-run", action="store_true", help="Only say what it would add")
        parser.add_argument("--json", action="store_true", help="Print one JSON object at the end and no progress")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["pace"] > 0:
            raise CommandError("--pace is a number above 0", returncode=UNUSABLE)
        self.stderr.style_func = None  # progress is no error: not in red
        total = Session.objects.filter(workspace__isnull=False, reported_seq__lt=F("head_seq")).count()
        bar = None if options["json"] else ProgressBar(self.stderr, max(total, 1))
        report, failed, done = Report(), dict[int, str](), 0
        session_ids = paced(unreported_session_ids(), pace=options["pace"], total=total, bar=bar)
        for session_id in session_ids:
            done += 1
            try:
                report = report.plus(
                    session_report(session_id=session_id, now=utc_now(), is_rehearsal=options["dry_run"])
                )
            except Exception as error:
                failed[session_id] = str(error)
        self._conclude(report, failed, done, options)

    def _conclude(self, report: Report, failed: dict[int, str], sessions: int, options: dict[str, Any]) -> None:
        if options["json"]:
            words = {"sessions": sessions, "dry_run": options["dry_run"], **report._asdict(), "failed": failed}
            self.stdout.write(json.dumps(words))
        else:
            did = "would be rolled up" if options["dry_run"] else "rolled up"
            self.stdout.write(
                f"{sessions} sessions, {report.messages} messages {did}: {format_dollars(report.cost)}, "
                f"{report.copies} copies not counted twice, {report.refused} without a usable cost"
            )
            for session_id, why in failed.items():
                self.stdout.write(f"Session {session_id} could not be read: {why}")
        if failed:
            raise SystemExit(FAILED)

"""`manage.py search_rebuild`: makes the search's documents of sessions that have none, or an outdated one.

Can be stopped and started again at any time: what is right is left alone. Exit codes: 0 done (or rehearsed), 1 some
sessions could not be read, 2 unusable options.
"""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from opencode.lib.progress import ProgressBar, paced
from sync.archive import session_index
from sync.search import unindexed_sessions

FAILED, UNUSABLE = 1, 2
PACE: Final = 20.0
WALK_ROWS: Final = 500


class Command(BaseCommand):
    help = "Index the sessions that search cannot find yet, cold ones included."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--pace", type=float, default=PACE, metavar="N", help="Sessions a second at most")
        parser.add_argument("--dry-run", action="store_true", help="Only count them")
        parser.add_argument("--json", action="store_true", help="Print one JSON object at the end and no progress")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["pace"] > 0:
            raise CommandError("--pace is a number above 0", returncode=UNUSABLE)
        self.stderr.style_func = None  # progress is no error: not in red
        total = unindexed_sessions().count()
        bar = None if options["json"] or options["dry_run"] else ProgressBar(self.stderr, max(total, 1))
        failed, indexed = dict[int, str](), 0
        session_ids = () if options["dry_run"] else _session_ids()
        for session_id in paced(session_ids, pace=options["pace"], total=total, bar=bar):
            try:
                indexed += session_index(session_id=session_id)
            except Exception as error:
                failed[session_id] = str(error)
        self._conclude(total, indexed, failed, options)

    def _conclude(self, total: int, indexed: int, failed: dict[int, str], options: dict[str, Any]) -> None:
        if options["json"]:
            words = {"sessions": total, "dry_run": options["dry_run"], "indexed": indexed, "failed": failed}
            self.stdout.write(json.dumps(words))
        elif options["dry_run"]:
            self.stdout.write(f"{total} sessions would be indexed")
        else:
            self.stdout.write(f"{indexed} of {total} sessions indexed")
            for session_id, why in failed.items():
                self.stdout.write(f"Session {session_id} could not be read: {why}")
        if failed:
            raise SystemExit(FAILED)


def _session_ids() -> Iterator[int]:
    """Each once, those that fail too."""
    after = 0
    while ids := list(
        unindexed_sessions().filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:WALK_ROWS]
    ):
        yield from ids
        after = ids[-1]

"""`manage.py sync_verify`: compares every session's rows with its latest snapshot. Reads only.

Exit codes: 0 all agree, 1 something differs or is damaged, 2 there is no such session, 3 the storage does not answer.
"""

import json
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from opencode.lib.progress import ProgressBar
from sync.archive import Verification, session_ids_after, session_verify
from sync.models import Session

DIFFERENT, UNKNOWN, UNREACHABLE = 1, 2, 3
WALK: Final = 500


class Command(BaseCommand):
    help = "Compare the sessions' rows with their latest snapshots."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("session", nargs="?", default="", help="A session's id; all of them without it")
        parser.add_argument("--json", action="store_true", help="Print one JSON object at the end and no progress")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stderr.style_func = None  # progress is no error: not in red
        ids = self._one(options["session"]) if options["session"] else None
        total = len(ids) if ids is not None else Session.objects.count()
        bar = None if options["json"] else ProgressBar(self.stderr, max(total, 1))
        found: list[Verification] = []
        unreachable: list[int] = []
        began = time.monotonic()
        for done, session_id in enumerate(ids if ids is not None else _every_session(), 1):
            try:
                verified = session_verify(session_id=session_id)
            except Exception as error:
                unreachable.append(session_id)
                self._note(bar, f"session {session_id}: the storage does not answer: {error}")
            else:
                if verified is not None:
                    found.append(verified)
                    self._report(bar, verified)
            if bar:
                bar.show(min(done, total), (time.monotonic() - began) / done * max(0, total - done))
        if bar:
            bar.end()
        self._conclude(found, unreachable, as_json=options["json"])

    def _one(self, name: str) -> list[int]:
        """The row ids of every session of that name: an agent's id, which two workspaces may share, or a row id."""
        ids = list(Session.objects.filter(client_id=name).values_list("pk", flat=True))
        if not ids and name.isdecimal():
            ids = list(Session.objects.filter(pk=int(name)).values_list("pk", flat=True))
        if not ids:
            raise CommandError(f"There is no session {name}", returncode=UNKNOWN)
        return ids

    def _report(self, bar: ProgressBar | None, verified: Verification) -> None:
        for problem in verified.problems:
            self._note(bar, f"session {verified.session_id} ({verified.client_id}): {problem}")

    def _note(self, bar: ProgressBar | None, text: str) -> None:
        if bar:
            bar.note(text)

    def _conclude(self, found: list[Verification], unreachable: list[int], *, as_json: bool) -> None:
        different = [each for each in found if each.problems]
        without = sum(each.seq is None for each in found)
        if as_json:
            report = {
                "sessions": len(found),
                "without_snapshot": without,
                "unreachable": unreachable,
                "different": [each._asdict() for each in different],
            }
            self.stdout.write(json.dumps(report))
        else:
            self.stdout.write(
                f"{len(found)} sessions compared, {without} of them have no snapshot yet, {len(different)} differ, "
                f"{len(unreachable)} could not be compared"
            )
        if different or unreachable:
            raise SystemExit(DIFFERENT if different else UNREACHABLE)


def _every_session() -> Iterator[int]:
    last = 0
    while ids := session_ids_after(last, WALK):
        yield from ids
        last = ids[-1]

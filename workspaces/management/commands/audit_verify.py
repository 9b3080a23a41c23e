"""`manage.py audit_verify`: checks the audit logs of all workspaces, or of one. Reads only, except with `--reseal`.

Exit codes: 0 all are whole, 1 something was changed, added, removed or reordered, 2 no such workspace or report, 3 a
log's end has no seal that the keyring knows.
"""

import json
import time
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from opencode.lib.progress import ProgressBar
from workspaces.models import AuditEntry, Workspace
from workspaces.services.auditchain import ChainReport, Known, chain_ids, chain_reseal, chain_verify

BROKEN, UNKNOWN, UNSEALED = 1, 2, 3


class Command(BaseCommand):
    help = "Check that the audit logs are whole."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", default="", help="A workspace's slug or id; all of them without it")
        parser.add_argument("--earlier", default="", metavar="FILE", help="What --json printed at an earlier check")
        parser.add_argument(
            "--reseal", action="store_true", help="Seal whole logs anew, before an old key leaves the keyring"
        )
        parser.add_argument("--json", action="store_true", help="Print one JSON object at the end and no progress")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stderr.style_func = None  # progress is no error: not in red
        earlier = _earlier(options["earlier"]) if options["earlier"] else {}
        named = [_workspace_id(options["workspace"])] if options["workspace"] else None
        rows = AuditEntry.objects.filter(**({"workspace_id": named[0]} if named else {})).count()
        watch = _Watch(None if options["json"] else ProgressBar(self.stderr, max(rows, 1)), rows)
        reports: list[ChainReport] = []
        for workspace_id in named if named is not None else sorted({*chain_ids(), *earlier}):
            report = chain_verify(workspace_id=workspace_id, earlier=earlier.get(workspace_id), progress=watch.step)
            reports.append(report)
            watch.show(report)
            if options["reseal"] and not report.found:
                chain_reseal(workspace_id=workspace_id)
                report.is_unsealed = False
        watch.end()
        self._conclude(reports, as_json=options["json"])

    def _conclude(self, reports: list[ChainReport], *, as_json: bool) -> None:
        broken = [report for report in reports if report.found]
        unsealed = [report for report in reports if report.is_unsealed and not report.found]
        if as_json:
            self.stdout.write(json.dumps({"broken": len(broken), "chains": [vars(report) for report in reports]}))
        else:
            entries, retired = sum(each.entries for each in reports), sum(each.retired for each in reports)
            self.stdout.write(
                f"{len(reports)} logs with {entries} entries checked, {len(broken)} are not whole, {len(unsealed)} "
                f"have no seal that the keyring knows; {retired} seals are of retired keys"
            )
        if broken or unsealed:
            raise SystemExit(BROKEN if broken else UNSEALED)


class _Watch:
    """Progress by entries, and problems as they are found."""

    def __init__(self, bar: ProgressBar | None, total: int) -> None:
        self._bar = bar
        self._total = total
        self._done = 0
        self._began = time.monotonic()

    def step(self, count: int) -> None:
        self._done += count
        if self._bar:
            left = max(0, self._total - self._done)
            self._bar.show(min(self._done, self._total), (time.monotonic() - self._began) / self._done * left)

    def show(self, report: ChainReport) -> None:
        for problem in report.problems if self._bar else ():
            self.note(f"Workspace {report.workspace_id}: {problem}")
        if report.is_unsealed:
            self.note(f"Workspace {report.workspace_id}: the end of the chain has no seal that the keyring knows")

    def note(self, text: str) -> None:
        if self._bar:
            self._bar.note(text)

    def end(self) -> None:
        if self._bar:
            self._bar.end()


def _workspace_id(name: str) -> str:
    found = Workspace.objects.filter(slug=name).first() or Workspace.objects.filter(pk=name).first()
    if found is None:
        raise CommandError(f"There is no workspace {name}", returncode=UNKNOWN)
    return found.pk


def _earlier(name: str) -> Mapping[str, Known]:
    try:
        report = json.loads(Path(name).read_text())
        return {each["workspace_id"]: Known(each["seq"], each["hash"]) for each in report["chains"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandError(f"{name} is no report of an earlier check: {error}", returncode=UNKNOWN) from error

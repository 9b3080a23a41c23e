"""`manage.py usage_release WORKSPACE REQUEST`: charges usage that was quarantined.

Exit codes: 0 done, 1 it was resolved before, 2 no such workspace or request, or nothing says what it cost.
"""

import json
from argparse import ArgumentParser
from dataclasses import replace
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from billing.errors import UsageUnpriced
from billing.management.naming import UNUSABLE, micro_cents_of, workspace_named
from billing.models import QuarantinedRequest
from billing.services.quarantine import quarantine_priced, quarantine_release
from opencode.lib.actor import REASON_CHARACTERS, THE_CONSOLE
from opencode.lib.money import format_dollars
from workspaces.models import Workspace

UNCHANGED: Final = 1


class Command(BaseCommand):
    help = "Release quarantined usage: at the prices in force, or at what you say it cost."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("workspace", help="Its slug or id")
        parser.add_argument("request", help="The request's id")
        parser.add_argument("--cost", default="", help="Dollars, 0 for nothing; else what the prices in force say")
        parser.add_argument("--reason", required=True, help="For the audit log of the workspace, which its admins read")
        parser.add_argument("--dry-run", action="store_true", help="Only say what would be charged")
        parser.add_argument("--json", action="store_true", help="Print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = workspace_named(options["workspace"])
        row = self._row(workspace, options["request"])
        said_cost = micro_cents_of(options["cost"]) if options["cost"] else None
        try:
            cost = sum(amount for _, amount, _ in quarantine_priced(row, said_cost))
            changed = row.resolved_at is None
            if not options["dry_run"]:
                actor = replace(THE_CONSOLE, reason=options["reason"][:REASON_CHARACTERS])
                changed = quarantine_release(quarantined=row, cost=said_cost, actor=actor)
        except UsageUnpriced as error:
            raise CommandError(error.message, returncode=UNUSABLE) from error
        if options["json"]:
            report = {"workspace": workspace.pk, "request": row.request_id, "code": row.code, "micro_cents": cost}
            self.stdout.write(json.dumps({**report, "changed": changed, "dry_run": options["dry_run"]}))
        else:
            verb = "would be" if options["dry_run"] else "is"
            done = f"{verb} released at {format_dollars(cost)}" if changed else "was resolved before"
            self.stdout.write(f"{workspace.slug}: {row.request_id} ({row.code}) {done}")
        if not changed:
            raise SystemExit(UNCHANGED)

    def _row(self, workspace: Workspace, request_id: str) -> QuarantinedRequest:
        found = QuarantinedRequest.objects.filter(account__workspace_id=workspace.pk, request_id=request_id).first()
        if found is None:
            raise CommandError(f"No such request is quarantined: {request_id}", returncode=UNUSABLE)
        return found

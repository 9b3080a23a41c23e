"""`manage.py usage_reprice WORKSPACE --from DAY`: corrects usage by the prices in force.

Exit codes: 0 done, 1 nothing differs, 2 no such workspace or day.
"""

import json
from argparse import ArgumentParser
from dataclasses import asdict, replace
from typing import Any, Final

from django.core.management.base import BaseCommand

from billing.management.naming import day_named, workspace_named
from billing.models import BillingAccount
from billing.services.repricing import usage_reprice
from opencode.lib.actor import REASON_CHARACTERS, THE_CONSOLE
from opencode.lib.clock import utc_now
from opencode.lib.money import format_dollars

UNCHANGED: Final = 1


class Command(BaseCommand):
    help = "Reprice a workspace's usage at the prices in force."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("workspace", help="Its slug or id")
        parser.add_argument("--from", dest="first", required=True, help="The first day (UTC), such as 2026-11-01")
        parser.add_argument("--to", dest="last", default="", help="The last day; today by default")
        parser.add_argument("--model", default="", help="Only this one, as the usage names it")
        parser.add_argument("--reason", required=True, help="For the audit log of the workspace, which its admins read")
        parser.add_argument("--dry-run", action="store_true", help="Only say what would change")
        parser.add_argument("--json", action="store_true", help="Print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = workspace_named(options["workspace"])
        first = day_named(options["first"])
        last = day_named(options["last"]) if options["last"] else utc_now().date()
        done = usage_reprice(
            account=BillingAccount.objects.get(workspace_id=workspace.pk),
            first=first,
            last=last,
            model=options["model"],
            actor=replace(THE_CONSOLE, reason=options["reason"][:REASON_CHARACTERS]),
            dry_run=options["dry_run"],
        )
        if options["json"]:
            report = {"workspace": workspace.pk, "slug": workspace.slug, "dry_run": options["dry_run"]}
            self.stdout.write(json.dumps({**report, **asdict(done)}))
        else:
            verb = "would change" if options["dry_run"] else "changed"
            said = f"{done.changed} of {done.rows} rows {verb}, by {format_dollars(done.cost)} in all"
            self.stdout.write(f"{workspace.slug}: {said}; charged {format_dollars(done.charged)}")
        if not done.changed:
            raise SystemExit(UNCHANGED)

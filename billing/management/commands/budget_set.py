"""`manage.py budget_set WORKSPACE DOLLARS`: limits what a workspace may spend a calendar month; `none` lifts the limit.

Exit codes: 0 done, 1 the limit was the same already, 2 no such workspace, or no amount.
"""

import json
from argparse import ArgumentParser
from dataclasses import replace
from typing import Any, Final

from django.core.management.base import BaseCommand

from billing.management.naming import micro_cents_of, workspace_named
from billing.models import BillingAccount
from billing.services.budgets import budget_set
from opencode.lib.actor import REASON_CHARACTERS, THE_CONSOLE
from opencode.lib.money import format_dollars

UNCHANGED: Final = 1
NO_LIMIT: Final = "none"


class Command(BaseCommand):
    help = "Set a workspace's monthly budget."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("workspace", help="Its slug or id")
        parser.add_argument("amount", help="Dollars a calendar month (UTC), 0 for nothing that costs, or none")
        parser.add_argument("--reason", required=True, help="For the audit log of the workspace, which its admins read")
        parser.add_argument("--dry-run", action="store_true", help="Only say what would be done")
        parser.add_argument("--json", action="store_true", help="Print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = workspace_named(options["workspace"])
        limit = None if options["amount"] == NO_LIMIT else micro_cents_of(options["amount"])
        account = BillingAccount.objects.get(workspace_id=workspace.pk)
        changed = account.monthly_limit != limit
        if not options["dry_run"]:
            actor = replace(THE_CONSOLE, reason=options["reason"][:REASON_CHARACTERS])
            changed = budget_set(workspace_id=workspace.pk, monthly_limit=limit, actor=actor)
        if options["json"]:
            report = {"workspace": workspace.pk, "slug": workspace.slug, "monthly_limit": limit, "changed": changed}
            self.stdout.write(json.dumps({**report, "was": account.monthly_limit, "dry_run": options["dry_run"]}))
        else:
            verb = "would be" if options["dry_run"] else "is now"
            was, now = _said(account.monthly_limit), _said(limit)
            self.stdout.write(f"{workspace.slug}: the budget {verb if changed else 'was already'} {now} (was {was})")
        if not changed:
            raise SystemExit(UNCHANGED)


def _said(limit: int | None) -> str:
    return "without limit" if limit is None else f"{format_dollars(limit)} a month"

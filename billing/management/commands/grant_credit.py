"""`manage.py grant_credit WORKSPACE DOLLARS`: adds credit to a workspace's balance, once for each `--id`.

Exit codes: 0 done, 1 this grant was given before, 2 no such workspace, no amount, or the id granted another amount.
"""

import json
from argparse import ArgumentParser
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from billing.errors import RequestConflict
from billing.management.naming import UNUSABLE, day_after, micro_cents_of, workspace_named
from billing.models import BillingAccount, LedgerEntry
from billing.services.grants import GRANT_ID_CHARACTERS, credit_grant
from opencode.lib.actor import REASON_CHARACTERS, THE_CONSOLE
from opencode.lib.ids import new_id
from opencode.lib.money import format_dollars

UNCHANGED: Final = 1


class Command(BaseCommand):
    help = "Grant credit to a workspace."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("workspace", help="Its slug or id")
        parser.add_argument("amount", help="Dollars, more than 0")
        parser.add_argument("--reason", required=True, help="For the ledger and the audit log of the workspace")
        parser.add_argument("--id", default="", help="Names the grant: a repeat gives nothing; new by default")
        parser.add_argument(
            "--until", default="", help="The last day (UTC), such as 2026-12-31; what is left then lapses"
        )
        parser.add_argument("--dry-run", action="store_true", help="Only say what would be done")
        parser.add_argument("--json", action="store_true", help="Print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = workspace_named(options["workspace"])
        amount, grant_id = micro_cents_of(options["amount"]), options["id"] or new_id("grt")
        if not amount or len(grant_id) > GRANT_ID_CHARACTERS:
            said = f"A grant has more than $0 and an id of up to {GRANT_ID_CHARACTERS} characters"
            raise CommandError(said, returncode=UNUSABLE)
        ends_at = day_after(options["until"]) if options["until"] else None
        is_new = self._grant(workspace.pk, amount, grant_id, ends_at, options)
        balance = BillingAccount.objects.get(workspace_id=workspace.pk).balance
        if options["json"]:
            report: dict[str, Any] = {
                "workspace": workspace.pk,
                "slug": workspace.slug,
                "grant": grant_id,
                "micro_cents": amount,
            }
            report["ends_at"] = ends_at.isoformat() if ends_at else None
            state = {"changed": is_new, "balance": balance, "dry_run": options["dry_run"]}
            self.stdout.write(json.dumps({**report, **state}))
        else:
            verb = "would be granted" if options["dry_run"] else "is granted"
            verb = verb if is_new else "was granted before"
            self.stdout.write(f"{workspace.slug}: {format_dollars(amount)} {verb}, balance {format_dollars(balance)}")
        if not is_new:
            raise SystemExit(UNCHANGED)

    def _grant(
        self, workspace_id: str, amount: int, grant_id: str, ends_at: datetime | None, options: dict[str, Any]
    ) -> bool:
        if options["dry_run"]:
            entry = LedgerEntry.objects.filter(account__workspace_id=workspace_id, source=f"grant:{grant_id}")
            return not entry.exists()
        actor = replace(THE_CONSOLE, reason=options["reason"][:REASON_CHARACTERS])
        try:
            return credit_grant(
                workspace_id=workspace_id, amount=amount, grant_id=grant_id, actor=actor, ends_at=ends_at
            )
        except RequestConflict as error:
            raise CommandError(error.message, returncode=UNUSABLE) from error

"""`manage.py ledger_verify`: recomputes every balance, hold, counter and cost from single rows. Reads only.

Exit codes: 0 everything adds up, 1 something does not, 2 no such workspace.
"""

import json
import time
from argparse import ArgumentParser
from typing import Any, Final

from django.core.management.base import BaseCommand

from billing.management.naming import workspace_named
from billing.models import BillingAccount
from billing.selectors.sums import Problem
from billing.selectors.verification import account_verify
from opencode.lib.progress import ProgressBar

DIFFERENT: Final = 1


class Command(BaseCommand):
    help = "Recompute what workspaces hold, have used and paid, and name what does not add up."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", default="", help="Only this one, by slug or id")
        parser.add_argument("--json", action="store_true", help="Print one JSON object at the end and no progress")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stderr.style_func = None  # progress is no error: not in red
        accounts = BillingAccount.objects.order_by("pk")
        if options["workspace"]:
            accounts = accounts.filter(workspace_id=workspace_named(options["workspace"]).pk)
        named = list(accounts.values_list("pk", "workspace_id"))
        bar = None if options["json"] else ProgressBar(self.stderr, max(len(named), 1))
        found = self._walk(named, bar)
        if options["json"]:
            problems = [
                {"workspace": workspace, "check": each.check, "where": each.where}
                | {"stored": each.stored, "computed": each.computed}
                for workspace, each in found
            ]
            self.stdout.write(json.dumps({"accounts": len(named), "problems": problems}))
        else:
            self.stdout.write(f"{len(named)} accounts, {len(found)} differences")
        if found:
            raise SystemExit(DIFFERENT)

    def _walk(self, named: list[tuple[int, str]], bar: ProgressBar | None) -> list[tuple[str, Problem]]:
        found: list[tuple[str, Problem]] = []
        began = time.monotonic()
        for done, (account_id, workspace_id) in enumerate(named, 1):
            for problem in account_verify(account_id):
                found.append((workspace_id, problem))
                if bar:
                    bar.note(f"{workspace_id}: {problem}")
            if bar:
                bar.show(done, (time.monotonic() - began) / done * (len(named) - done))
        if bar:
            bar.end()
        return found

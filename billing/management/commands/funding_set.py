"""`manage.py funding_set WORKSPACE STATE`: who pays for a workspace, and whether it may spend.

Exit codes: 0 done, 1 it was so already, 2 no such workspace.
"""

import json
from argparse import ArgumentParser
from dataclasses import replace
from typing import Any, Final

from django.core.management.base import BaseCommand

from billing.ledger.facts import Funding
from billing.management.naming import workspace_named
from billing.models import BillingAccount
from billing.services.funding import funding_set, spending_freeze, spending_unfreeze
from opencode.lib.actor import REASON_CHARACTERS, THE_CONSOLE, Actor
from opencode.lib.money import format_dollars

UNCHANGED: Final = 1
FROZEN: Final = "frozen"
UNFROZEN: Final = "unfrozen"


class Command(BaseCommand):
    help = "Set who pays for a workspace, or freeze its spending."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("workspace", help="Its slug or id")
        parser.add_argument(
            "state",
            choices=[*(each.value for each in Funding), FROZEN, UNFROZEN],
            help="Prepaid: what is held has to fit into the balance; postpaid: the host pays; frozen: nothing is spent",
        )
        parser.add_argument("--reason", required=True, help="For the audit log of the workspace, which its admins read")
        parser.add_argument("--dry-run", action="store_true", help="Only say what would be done")
        parser.add_argument("--json", action="store_true", help="Print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        workspace, state = workspace_named(options["workspace"]), options["state"]
        account = BillingAccount.objects.get(workspace_id=workspace.pk)
        changed = state not in _states(account)
        if not options["dry_run"]:
            actor = replace(THE_CONSOLE, reason=options["reason"][:REASON_CHARACTERS])
            changed = _act(workspace.pk, state, actor)
        if options["json"]:
            report = {"workspace": workspace.pk, "slug": workspace.slug, "state": state, "changed": changed}
            self.stdout.write(json.dumps({**report, "balance": account.balance, "dry_run": options["dry_run"]}))
        else:
            verb = "would be" if options["dry_run"] else "is now"
            said = f"{verb if changed else 'was already'} {state}, balance {format_dollars(account.balance)}"
            self.stdout.write(f"{workspace.slug}: {said}")
        if not changed:
            raise SystemExit(UNCHANGED)


def _states(account: BillingAccount) -> set[str]:
    return {account.funding, UNFROZEN if account.frozen_at is None else FROZEN}


def _act(workspace_id: str, state: str, actor: Actor) -> bool:
    if state == FROZEN:
        return spending_freeze(workspace_id=workspace_id, actor=actor)
    if state == UNFROZEN:
        return spending_unfreeze(workspace_id=workspace_id, actor=actor)
    return funding_set(workspace_id=workspace_id, funding=Funding(state), actor=actor)

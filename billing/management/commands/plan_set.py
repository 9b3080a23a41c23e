"""`manage.py plan_set WORKSPACE PLAN`: gives a workspace a plan, or none.

Exit codes: 0 done, 1 it was so already, 2 no such workspace or plan.
"""

import json
from argparse import ArgumentParser
from dataclasses import replace
from typing import Any, Final

from django.core.management.base import BaseCommand

from billing.management.naming import workspace_named
from billing.models import BillingAccount
from billing.plans import PLANS
from billing.services.plans import plan_set
from opencode.lib.actor import REASON_CHARACTERS, THE_CONSOLE

UNCHANGED: Final = 1
NO_PLAN: Final = "none"


class Command(BaseCommand):
    help = "Give a workspace a plan, or none."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("workspace", help="Its slug or id")
        parser.add_argument("plan", choices=[*PLANS, NO_PLAN], help="The plan; none: free, where plans are sold")
        parser.add_argument("--reason", required=True, help="For the audit log of the workspace, which its admins read")
        parser.add_argument("--dry-run", action="store_true", help="Only say what would be done")
        parser.add_argument("--json", action="store_true", help="Print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        workspace, said = workspace_named(options["workspace"]), options["plan"]
        plan = "" if said == NO_PLAN else said
        changed = BillingAccount.objects.get(workspace_id=workspace.pk).plan != plan
        if not options["dry_run"]:
            actor = replace(THE_CONSOLE, reason=options["reason"][:REASON_CHARACTERS])
            changed = plan_set(workspace_id=workspace.pk, plan=plan, actor=actor)
        if options["json"]:
            report = {"workspace": workspace.pk, "slug": workspace.slug, "plan": said, "changed": changed}
            self.stdout.write(json.dumps({**report, "dry_run": options["dry_run"]}))
        else:
            verb = "would have" if options["dry_run"] else "has now"
            self.stdout.write(f"{workspace.slug} {verb if changed else 'had already'} the plan {said}")
        if not changed:
            raise SystemExit(UNCHANGED)

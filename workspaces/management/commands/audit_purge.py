"""`manage.py audit_purge`: removes audit entries older than so many days; an anchor takes their place.

Exit codes: 0 done (or only counted), 1 a log is not whole and was left as it is, 2 no such workspace, or no days given.
"""

import json
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from workspaces.models import Workspace
from workspaces.services.auditchain import chain_ids
from workspaces.services.auditpurge import ChainBroken, audit_purge

BROKEN, UNUSABLE = 1, 2


class Command(BaseCommand):
    help = "Remove old audit entries."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", default="", help="A workspace's slug or id; all of them without it")
        parser.add_argument("--days", type=int, default=settings.AUDIT_DAYS, help="OPENCODE_AUDIT_DAYS unless told")
        parser.add_argument("--reason", default="retention", help="What the anchor says")
        parser.add_argument("--dry-run", action="store_true", help="Only say what would go")
        parser.add_argument("--json", action="store_true", help="Print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["days"] < 1:
            raise CommandError("Entries are kept for good; name --days or set OPENCODE_AUDIT_DAYS", returncode=UNUSABLE)
        before = utc_now() - timedelta(days=options["days"])
        removed: dict[str, int] = {}
        broken: list[str] = []
        for workspace_id in _workspace_ids(options["workspace"]):
            try:
                removed[workspace_id] = audit_purge(
                    workspace_id=workspace_id,
                    before=before,
                    reason=options["reason"],
                    actor=THE_CONSOLE,
                    dry_run=options["dry_run"],
                )
            except ChainBroken as error:
                broken.append(workspace_id)
                self.stderr.write(str(error))
        total = sum(removed.values())
        if options["json"]:
            self.stdout.write(json.dumps({"removed": removed, "broken": broken, "dry_run": options["dry_run"]}))
        else:
            self.stdout.write(f"{total} entries {'would be' if options['dry_run'] else 'were'} removed")
        if broken:
            raise SystemExit(BROKEN)


def _workspace_ids(name: str) -> list[str]:
    if not name:
        return list(chain_ids())
    found = Workspace.objects.filter(slug=name).first() or Workspace.objects.filter(pk=name).first()
    if found is None:
        raise CommandError(f"There is no workspace {name}", returncode=UNUSABLE)
    return [found.pk]

"""`manage.py workspace_block WORKSPACE --reason …`: closes a workspace to people and programs; `--undo` opens it.

Exit codes: 0 done, 1 it was so already, 2 no such workspace.
"""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from opencode.lib.actor import REASON_CHARACTERS, SYSTEM, Actor
from workspaces.models import Workspace
from workspaces.services.blocks import workspace_block, workspace_unblock

UNCHANGED, UNKNOWN = 1, 2


class Command(BaseCommand):
    help = "Block a workspace, or let it in again."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("workspace", help="Its slug or id")
        parser.add_argument("--reason", required=True, help="For the audit log of the workspace, which its admins read")
        parser.add_argument("--undo", action="store_true", help="Unblock it")
        parser.add_argument("--dry-run", action="store_true", help="Only say what would be done")
        parser.add_argument("--json", action="store_true", help="Print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        named = Q(slug=options["workspace"]) | Q(pk=options["workspace"])
        workspace = Workspace.objects.filter(named, purged_at=None).first()
        if workspace is None:
            raise CommandError(f"No such workspace: {options['workspace']}", returncode=UNKNOWN)
        is_changed = self._act(workspace, options)
        self._report(workspace, options, is_changed=is_changed)
        if not is_changed:
            raise SystemExit(UNCHANGED)

    def _act(self, workspace: Workspace, options: dict[str, Any]) -> bool:
        if options["dry_run"]:
            return (workspace.blocked_at is not None) == bool(options["undo"])
        act = workspace_unblock if options["undo"] else workspace_block
        return act(workspace=workspace, actor=Actor(SYSTEM, reason=options["reason"][:REASON_CHARACTERS]))

    def _report(self, workspace: Workspace, options: dict[str, Any], *, is_changed: bool) -> None:
        state = "open" if options["undo"] else "blocked"
        if options["json"]:
            report = {"workspace": workspace.pk, "slug": workspace.slug, "state": state, "changed": is_changed}
            self.stdout.write(json.dumps({**report, "dry_run": options["dry_run"]}))
            return
        verb = "would be" if options["dry_run"] else "is now"
        self.stdout.write(f"{workspace.slug} ({workspace.pk}) {verb if is_changed else 'was already'} {state}")

"""`manage.py provider_add`: saves a provider key of the host, or of a workspace, after trying it.

The key comes from an environment variable, so that it is in no list of processes and no history of a shell. Exit codes:
0 done, 1 saved but not tested, 2 refused.
"""

import json
import os
from argparse import ArgumentParser
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from gateway.providers import KINDS
from gateway.services.credentials import NewCredential, credential_create
from opencode.lib.actor import THE_CONSOLE
from opencode.lib.errors import Denial
from workspaces.models import Workspace

UNTESTED, REFUSED = 1, 2
VARIABLE: Final = "PROVIDER_KEY"


class Command(BaseCommand):
    help = "Save a provider key of the host, which serves every workspace, or of one workspace."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=sorted(KINDS))
        parser.add_argument("name", help="What people know it by")
        parser.add_argument("--variable", default=VARIABLE, help=f"The environment variable with the key ({VARIABLE})")
        parser.add_argument("--address", default="", help="Where it is, if not where its kind is by itself")
        parser.add_argument("--workspace", default="", help="The workspace's slug or ID; without one, the host's")
        parser.add_argument("--json", action="store_true", help="Print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        new = NewCredential(
            workspace_id=_workspace_id(options["workspace"]),
            kind=options["kind"],
            name=options["name"],
            secret=os.environ.get(options["variable"], ""),
            base_url=options["address"],
        )
        try:
            row, trial = credential_create(new=new, actor=THE_CONSOLE)
        except Denial as refusal:
            raise CommandError(refusal.message, returncode=REFUSED) from refusal
        if options["json"]:
            self.stdout.write(json.dumps({"id": row.pk, "state": row.state, "said": trial.said}))
        else:
            self.stdout.write(f"Saved {row} as {row.pk}. {trial.said}".strip())
        if trial.said:
            raise SystemExit(UNTESTED)


def _workspace_id(named: str) -> str:
    """The id of the workspace with this slug or id, "" for none named."""
    if not named:
        return ""
    found = Workspace.objects.filter(deleted_at=None)
    row = found.filter(slug=named).first() or found.filter(pk=named).first()
    if row is None:
        raise CommandError(f"There is no workspace {named}", returncode=REFUSED)
    return row.pk

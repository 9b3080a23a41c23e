"""`manage.py provision [FILE]`: sets the console up as a file says; a second run changes nothing.

Exit codes: 0 done, or nothing to change; 2 the file cannot be used, and nothing was changed.
"""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from opencode.provisioning import ProvisionFailed, provision_file

REFUSED: Final = 2


class Command(BaseCommand):
    help = "Make people, workspaces, keys, providers, models and limits what a JSON file says."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", default="", help="The file; OPENCODE_PROVISION by default")
        parser.add_argument("--dry-run", action="store_true", help="Only say what would be done")
        parser.add_argument("--json", action="store_true", help="Print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        file = options["file"] or settings.PROVISION_FILE
        if not file:
            raise CommandError("Name a file, or set OPENCODE_PROVISION", returncode=REFUSED)
        try:
            outcome = provision_file(Path(file), is_dry=options["dry_run"])
        except ProvisionFailed as failure:
            if options["json"]:
                self.stdout.write(json.dumps({"error": failure.body()}))
            raise CommandError(f"{failure} ({failure.denial.code})", returncode=REFUSED) from failure
        if options["json"]:
            self.stdout.write(json.dumps(outcome.body()))
        else:
            self.stdout.write("\n".join(outcome.lines()))

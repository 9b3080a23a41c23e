"""`manage.py first_owner`: another link for the first owner of a console that has none.

Exit codes: 0 printed, 1 there is an owner, 2 the database has not been prepared.
"""

import json
from argparse import ArgumentParser
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from accounts.services.first_owner import LINK_HOURS, owner_link_create

OWNED: Final = 1
UNPREPARED: Final = 2


class Command(BaseCommand):
    help = "Print a link that makes the first owner of this console; links printed before end. Refused once it has one."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            link = owner_link_create()
        except DatabaseError as error:
            raise CommandError(f"Start the console once first: {error}", returncode=UNPREPARED) from error
        if options["json"]:
            self.stdout.write(json.dumps({"link": link, "hours": LINK_HOURS if link else None}))
        elif link:
            self.stdout.write(f"{link}\n(works once, for {LINK_HOURS} hours; links printed before have ended)")
        if link is None:
            raise CommandError("This console has an owner: people come by sign-up or invitation", returncode=OWNED)

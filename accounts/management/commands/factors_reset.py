"""`manage.py factors_reset EMAIL --reason …`: removes every second factor of a person who lost them all.

Exit codes: 0 done, 1 there was none, 2 no such person.
"""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.selectors.factors import factors_of
from accounts.services.factors import factors_reset
from opencode.lib.actor import REASON_CHARACTERS, SYSTEM, Actor

UNCHANGED, UNKNOWN = 1, 2


class Command(BaseCommand):
    help = "Take away a person's authenticator app, passkeys and recovery codes, and sign them out everywhere."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="The address the person signs in with")
        parser.add_argument("--reason", required=True, help="How they proved themselves; their workspaces read it")
        parser.add_argument("--dry-run", action="store_true", help="Only say what would be done")
        parser.add_argument("--json", action="store_true", help="Print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["email"]).first()
        if user is None:
            raise CommandError(f"Nobody signs in with {options['email']}", returncode=UNKNOWN)
        held = factors_of(user)
        if held.any and not options["dry_run"]:
            factors_reset(user=user, actor=Actor(SYSTEM, reason=options["reason"][:REASON_CHARACTERS]))
        report = {"person": user.pk, "email": user.email, **asdict(held), "changed": held.any}
        self._report({**report, "dry_run": options["dry_run"]}, as_json=options["json"])
        if not held.any:
            raise SystemExit(UNCHANGED)

    def _report(self, report: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(report))
            return
        who = f"{report['email']} ({report['person']})"
        if not report["changed"]:
            self.stdout.write(f"{who} has no second factor")
            return
        app = "an authenticator app" if report["has_app"] else "no authenticator app"
        codes = "recovery codes" if report["has_recovery_codes"] else "no recovery codes"
        verb = "would lose" if report["dry_run"] else "has lost"
        self.stdout.write(f"{who} {verb} {app}, {report['passkeys']} passkeys, {codes}")

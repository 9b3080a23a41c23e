"""`manage.py stripe_reconcile`: brings payments and ledger to where Stripe says they are, as the worker does.

Exit codes: 0 everything was read, 1 something was not and is tried again, 2 payments are off.
"""

import json
from argparse import ArgumentParser
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from billing.stripe.reconciling import Reconciled, payments_reconcile, payments_waiting
from opencode.lib.clock import utc_now

UNREAD: Final = 1
OFF: Final = 2


class Command(BaseCommand):
    help = "Read at Stripe what is open or was moved lately, and move the ledger to where it should be."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only say what waits; Stripe is not asked")
        parser.add_argument("--json", action="store_true", help="Print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PAYMENTS.mode == "none":
            raise CommandError("OPENCODE_PAYMENTS is none.", returncode=OFF)
        dry_run, now = options["dry_run"], utc_now()
        done = payments_waiting(now=now) if dry_run else payments_reconcile(now=now)
        if options["json"]:
            self.stdout.write(json.dumps({**done.as_dict(), "dry_run": dry_run}))
        else:
            self.stdout.write(_waiting(done) if dry_run else _said(done))
        if not dry_run and (done.unread or done.calls_open):
            raise SystemExit(UNREAD)


def _waiting(done: Reconciled) -> str:
    said = f"waiting: {done.events_done} events, {done.calls_open} calls, {done.top_ups_read} top-ups"
    return f"{said}, {done.customers_read} customers"


def _said(done: Reconciled) -> str:
    said = f"{done.events_found} events found, {done.events_done} done; {done.calls_ended} calls ended"
    said = f"{said}, {done.calls_open} open; {done.top_ups_read} top-ups and {done.customers_read} customers read"
    return f"{said}, {done.unread} unread; {done.subscriptions_mended} subscriptions changed"

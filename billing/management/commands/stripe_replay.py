"""`manage.py stripe_replay EVENT`: works an event of Stripe off again, whether it ever arrived here or not.

Exit codes: 0 done, 1 it could not be read and stays due, 2 there is no such event or payments are off.
"""

import json
from argparse import ArgumentParser
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from billing.models import StripeEvent
from billing.stripe.client import stripe_error
from billing.stripe.inbox import event_find, event_replay, subject_of
from opencode.lib.clock import utc_now

UNREAD: Final = 1
UNKNOWN: Final = 2


class Command(BaseCommand):
    help = "Have what an event of Stripe is about read again, and move the ledger to where it should be."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("event", help="Its id, such as evt_1")
        parser.add_argument("--dry-run", action="store_true", help="Only say what the event is about")
        parser.add_argument("--json", action="store_true", help="Print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PAYMENTS.mode == "none":
            raise CommandError("OPENCODE_PAYMENTS is none.", returncode=UNKNOWN)
        now, dry_run = utc_now(), options["dry_run"]
        try:
            event = event_find(options["event"], now=now)
        except (StripeEvent.DoesNotExist, stripe_error()) as error:
            raise CommandError(f"No such event: {options['event']}", returncode=UNKNOWN) from error
        top_up_id, account_id = subject_of(event)
        is_done = dry_run or event_replay(event.event_id, now=now)
        report = {"event": event.event_id, "type": event.type, "top_up": top_up_id, "done": is_done}
        report["account"] = account_id
        if options["json"]:
            self.stdout.write(json.dumps({**report, "dry_run": dry_run}))
        else:
            about = f"top-up {top_up_id}" if top_up_id else f"customer of account {account_id}"
            about = about if top_up_id or account_id else "nothing of ours"
            verb = "would be read" if dry_run else "read" if is_done else "not read, and tried again"
            self.stdout.write(f"{event.event_id} {event.type}: {about}, {verb}")
        if not is_done:
            raise SystemExit(UNREAD)

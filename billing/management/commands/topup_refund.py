"""`manage.py topup_refund TOPUP`: refunds a top-up, all that is left of the payment or a part.

Exit codes: 0 done, 1 nothing is left, 2 no such top-up, or it cannot be refunded.
"""

import json
from argparse import ArgumentParser
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from billing.models import TopUp
from billing.stripe.support import top_up_refund
from opencode.lib.actor import REASON_CHARACTERS, THE_CONSOLE
from opencode.lib.errors import Denial
from opencode.lib.money import MICRO_CENTS_PER_CENT, format_dollars

NOTHING_LEFT: Final = 1
REFUSED: Final = 2


class Command(BaseCommand):
    help = "Refund a top-up; what of its credit that takes back leaves the balance."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("top_up", type=int, help="Its number, as in the ledger's source topup:NUMBER")
        parser.add_argument("--dollars", default="", help="So much of the payment, instead of all that is left")
        parser.add_argument("--reason", required=True, help="For the audit log of the workspace, which its admins read")
        parser.add_argument("--dry-run", action="store_true", help="Only say what would be refunded")
        parser.add_argument("--json", action="store_true", help="Print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PAYMENTS.mode == "none":
            raise CommandError("OPENCODE_PAYMENTS is none.", returncode=REFUSED)
        top_up = TopUp.objects.filter(pk=options["top_up"]).first()
        if top_up is None:
            raise CommandError(f"No such top-up: {options['top_up']}", returncode=REFUSED)
        cents = _cents(options["dollars"]) if options["dollars"] else None
        left = top_up.total_cents - top_up.refunded_cents if top_up.paid_at else 0
        is_done = left > 0 if options["dry_run"] else _refund(top_up, cents, options["reason"])
        amount = (left if cents is None else cents) if is_done else 0
        if options["json"]:
            report = {"top_up": top_up.pk, "cents": amount, "done": is_done, "dry_run": options["dry_run"]}
            self.stdout.write(json.dumps(report))
        else:
            verb = "would be refunded" if options["dry_run"] else "is refunded"
            self.stdout.write(f"{top_up}: {format_dollars(amount * MICRO_CENTS_PER_CENT)} {verb}")
        if not is_done:
            raise SystemExit(NOTHING_LEFT)


def _cents(dollars: str) -> int:
    try:
        cents = Decimal(dollars) * 100
    except InvalidOperation as error:
        raise CommandError(f"Not an amount: {dollars}", returncode=REFUSED) from error
    if not cents.is_finite() or cents != cents.to_integral_value():
        raise CommandError(f"Not an amount in whole cents: {dollars}", returncode=REFUSED)
    return int(cents)


def _refund(top_up: TopUp, cents: int | None, reason: str) -> bool:
    actor = replace(THE_CONSOLE, reason=reason[:REASON_CHARACTERS])
    try:
        return top_up_refund(top_up_id=top_up.pk, cents=cents, actor=actor)
    except Denial as denial:
        raise CommandError(denial.message, returncode=REFUSED) from denial

"""Whether what was paid and what the ledger says of it agree, for `ledger_verify`. Reads only."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Sum

from billing.ledger.payments import claw_target, credit_source
from billing.models import LedgerEntry, StripeCall, TopUp
from billing.selectors.sums import ROWS_AT_ONCE, Problem
from opencode.lib.money import MICRO_CENTS_PER_CENT

CALL_ENDS: Final = timedelta(hours=24)


def credits_verify(account_id: int) -> Iterator[Problem]:
    """Each top-up that was paid has one entry, of its credit; no other entry says that it is one."""
    entries = LedgerEntry.objects.filter(account_id=account_id, source__startswith="topup:")
    given: dict[str, int] = dict(entries.values_list("source", "amount"))
    paid = TopUp.objects.filter(account_id=account_id, paid_at__isnull=False).order_by("pk")
    for top_up in paid.iterator(chunk_size=ROWS_AT_ONCE):
        source = credit_source(top_up.pk)
        expected = top_up.credit_cents * MICRO_CENTS_PER_CENT
        if (stored := given.pop(source, None)) != expected:
            yield Problem("topup_credit", source, stored, expected)
    for source, amount in sorted(given.items()):
        yield Problem("topup_credit", source, amount, 0)


def claws_verify(account_id: int) -> Iterator[Problem]:
    """What refunds and disputes took back is what they should, in the row and in the ledger."""
    for top_up in TopUp.objects.filter(account_id=account_id, paid_at__isnull=False).order_by("pk"):
        target = claw_target(top_up.credit_cents, top_up.refunded_cents, top_up.disputed_cents)
        if top_up.clawed_cents != target:
            yield Problem("claw_target", str(top_up), top_up.clawed_cents, target)
        entries = LedgerEntry.objects.filter(account_id=account_id, source__startswith=f"claw:{top_up.pk}:")
        taken = -int(entries.aggregate(total=Sum("amount"))["total"] or 0)
        if taken != target * MICRO_CENTS_PER_CENT:
            yield Problem("claw_entries", str(top_up), taken, target * MICRO_CENTS_PER_CENT)


def calls_verify(account_id: int, now: datetime) -> Iterator[Problem]:
    """No call has been open for longer than a day."""
    old = StripeCall.objects.filter(account_id=account_id, ended_at=None, created_at__lt=now - CALL_ENDS)
    for call in old.order_by("pk"):
        yield Problem("call_open", call.key, call.state, "ended")

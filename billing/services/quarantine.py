"""Staff release quarantined usage: at the prices in force, once there are some, or at what staff say it cost."""

from typing import Any, Final

from django.db import transaction

from billing.errors import UsageUnpriced
from billing.ledger.operations import Correct
from billing.models import BillingAccount, QuarantinedRequest, Usage
from billing.pricing.quarantine import Quarantined
from billing.selectors.prices import price_book
from billing.selectors.repricing import usage_priced
from billing.selectors.sums import RELEASE
from billing.services.ledger import ledger_execute_all
from billing.services.usageparts import PRICE_MISSING
from billing.services.work import Details, Work
from opencode.lib.actor import Actor
from opencode.lib.clock import utc_now
from workspaces.services.audit import audit_record

Priced = tuple[Usage, int, int | None]
"""A row, what it costs in micro-cents, and the price version that says so."""
_NEEDS_A_COST: Final = "This usage does not add up ({code}): say what it cost."
_HAS_NO_PRICE: Final = "There is still no price for it ({code}: {detail})."


def quarantine_release(*, quarantined: QuarantinedRequest, cost: int | None, actor: Actor) -> bool:
    """Charge a quarantined request, as far as it fits; False when it was resolved before.

    With a `cost` (0: nothing is owed) that much; else what the prices in force say, where only a price was missing.
    Raises UsageUnpriced when these do not say.
    """
    account = BillingAccount.objects.get(pk=quarantined.account_id)
    with transaction.atomic():
        BillingAccount.objects.select_for_update().get(pk=account.pk)
        row = QuarantinedRequest.objects.select_for_update().get(pk=quarantined.pk)
        if row.resolved_at is not None:
            return False
        rows = quarantine_priced(row, cost)
        now = utc_now()
        ledger_execute_all([_release(account.pk, *priced, now=now, reason=actor.reason) for priced in rows])
        total = sum(amount for _, amount, _ in rows)
        QuarantinedRequest.objects.filter(pk=row.pk).update(
            resolved_at=now, resolved_by=actor.id, reason=actor.reason, cost=total
        )
        details = {"request": row.request_id, "code": row.code, "micro_cents": total}
        audit_record(workspace_id=account.workspace_id, actor=actor, action="billing.release", details=details)
    return True


def quarantine_priced(quarantined: QuarantinedRequest, cost: int | None) -> list[Priced]:
    """The request's rows with what each is released at. Raises UsageUnpriced."""
    rows = list(
        Usage.objects.filter(account_id=quarantined.account_id, request_id=quarantined.request_id).order_by("pk")
    )
    if cost is not None:
        return [(row, cost if number == 0 else 0, None) for number, row in enumerate(rows)]
    if quarantined.code not in PRICE_MISSING:
        raise UsageUnpriced(_NEEDS_A_COST.format(code=quarantined.code))
    book = price_book()
    try:
        return [(row, *usage_priced(row, book)) for row in rows]
    except Quarantined as reason:
        raise UsageUnpriced(_HAS_NO_PRICE.format(code=reason.code.value, detail=reason.detail)) from reason


def _release(account_id: int, row: Usage, cost: int, version: int | None, *, now: Any, reason: str) -> Work:
    operation = Correct(now, f"{RELEASE}{row.pk}", row.pk, cost, is_release=True)
    return Work(account_id, operation, Details(price_version_id=version, reason=reason))

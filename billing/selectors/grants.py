"""Credit that was granted, for good or for a period, and what is left of the latter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Sum
from django.db.models.functions import Coalesce

from billing.ledger.lapsing import left_after
from billing.models import BillingAccount, LedgerEntry, PeriodicGrant

GRANTS_SHOWN: Final = 20
_FIRST, _BEYOND = "grant:", "grant;"
"""Sources of grants lie between these: a range of the index."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Amounts are micro-cents. `ends_at` and `left` are None for credit given for good; `lapsed_at` after its end."""

    amount: int
    given_at: datetime
    reason: str
    ends_at: datetime | None = None
    left: int | None = None
    lapsed_at: datetime | None = None
    lapsed: int = 0


def grants_left(account: BillingAccount) -> list[tuple[PeriodicGrant, int]]:
    """The account's open periodic grants, those that end first at the front, and what of each is not spent yet.

    Spent is what the balance fell by, apart from entries that are no usage. No usage lies between marks that differ.
    """
    grants = list(PeriodicGrant.objects.filter(account_id=account.pk, lapsed_at=None).order_by("ends_at", "pk"))
    if not grants:
        return []
    entries = LedgerEntry.objects.filter(account_id=account.pk, seq__gt=grants[0].mark_seq, usage_id=None)
    added = int(entries.aggregate(total=Sum("amount"))["total"] or 0)
    spent = grants[0].mark_balance + added - account.balance
    return list(zip(grants, left_after([grant.left for grant in grants], spent), strict=True))


def grants_given(account: BillingAccount) -> list[Grant]:
    """The newest GRANTS_SHOWN, in four reads at most."""
    rows = LedgerEntry.objects.filter(account_id=account.pk, source__gte=_FIRST, source__lt=_BEYOND)
    # An expression, because for the bare column the databases would walk all entries instead of the grants' range.
    entries = list(rows.order_by(Coalesce("seq", "seq").desc())[:GRANTS_SHOWN])
    if not entries:
        return []
    left = {grant.source: amount for grant, amount in grants_left(account)}
    periods = PeriodicGrant.objects.filter(account_id=account.pk, source__in=[entry.source for entry in entries])
    return _joined(entries, {grant.source: grant for grant in periods}, left)


def _joined(entries: Sequence[LedgerEntry], periods: dict[str, PeriodicGrant], left: dict[str, int]) -> list[Grant]:
    found = []
    for entry in entries:
        given = (entry.amount, entry.at, entry.reason)
        period = periods.get(entry.source)
        if period is None:
            found.append(Grant(*given))
        else:
            found.append(Grant(*given, period.ends_at, left.get(entry.source, 0), period.lapsed_at, period.lapsed))
    return found

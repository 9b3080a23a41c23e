"""Converts the ledger's rows to the rules' facts, and writes back only what an operation changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from django.db.models import Q

from billing.ledger.facts import Account, Counter, CounterKey, Funding, Hold, Payer, Scope, State
from billing.ledger.operations import Charge, Entry
from billing.models import BillingAccount, LedgerEntry, LimitCounter, Reservation, Usage
from billing.pricing.classes import Tokens
from billing.pricing.months import month_begins, month_of
from billing.selectors.limits import limit_of

_OF_REQUEST: Final = ("account_id", "request_id", "member_id", "key_id", "session_id")
_OF_PART: Final = ("model", "prompt", "context", "price_version_id", "is_estimated", "quarantined")
_OF_CHARGE: Final = ("month", "cost", "charged", "carried", "counted", "seq", "balance_after")


@dataclass(frozen=True, slots=True)
class UsageDetails:
    """One model's part of a request, with its cost in micro-cents."""

    model: str
    cost: int
    tokens: Tokens = field(default_factory=Tokens)
    prompt: int = 0
    units: Mapping[str, int] = field(default_factory=dict)
    context: str = ""
    price_version_id: int | None = None
    is_estimated: bool = False
    quarantined: str = ""


@dataclass(frozen=True, slots=True)
class Details:
    """Stored in rows without being part of any rule."""

    model: str = ""
    session_id: str = ""
    price_version_id: int | None = None
    usage: Sequence[UsageDetails] = ()
    reason: str = ""


def account_of(row: BillingAccount) -> Account:
    return Account(
        funding=Funding(row.funding),
        month=row.month,
        balance=row.balance,
        reserved=row.reserved,
        entry_seq=row.entry_seq,
        month_used=row.month_used,
        month_reserved=row.month_reserved,
        monthly_limit=row.monthly_limit,
        counts_own=row.counts_own,
        is_frozen=row.frozen_at is not None,
    )


def account_write(row: BillingAccount, after: Account) -> None:
    """Write only what operations change; limits, funding and freezing are set elsewhere."""
    BillingAccount.objects.filter(pk=row.pk).update(
        balance=after.balance,
        reserved=after.reserved,
        entry_seq=after.entry_seq,
        month=after.month,
        month_used=after.month_used,
        month_reserved=after.month_reserved,
    )


def counters_of(row: BillingAccount, keys: Sequence[CounterKey]) -> dict[CounterKey, Counter]:
    """The counters, locked in the order of their ids. A missing one is new, with its owner's present limit."""
    wanted = Q(pk__in=[])
    for key in keys:
        wanted |= Q(scope=key.scope.value, scope_id=key.id, month=key.month)
    rows = LimitCounter.objects.select_for_update().filter(wanted, account_id=row.pk).order_by("pk") if keys else ()
    found = {
        CounterKey(Scope(each.scope), each.scope_id, each.month): Counter(each.used, each.reserved, each.limit)
        for each in rows
    }
    return {key: found[key] if key in found else Counter(limit=limit_of(row.workspace_id, key)) for key in keys}


def counters_write(
    row: BillingAccount, before: Mapping[CounterKey, Counter], after: Mapping[CounterKey, Counter]
) -> None:
    for key, counter in after.items():
        if counter == before[key]:
            continue
        place = {"account_id": row.pk, "scope": key.scope.value, "scope_id": key.id, "month": key.month}
        amounts = {"used": counter.used, "reserved": counter.reserved}
        if not LimitCounter.objects.filter(**place).update(**amounts):
            LimitCounter.objects.create(**place, **amounts, limit=counter.limit)


def hold_of(row: Reservation) -> Hold:
    return Hold(
        request_id=row.request_id,
        fingerprint=row.fingerprint,
        ceiling=row.ceiling,
        month=row.month,
        expires_at=row.expires_at,
        member_id=row.member_id,
        key_id=row.key_id,
        may_host_pay=row.may_host_pay,
        counts_own=row.counts_own,
        state=State(row.state),
        ended_at=row.ended_at,
    )


def hold_create(account_id: int, hold: Hold, now: datetime, details: Details) -> None:
    Reservation.objects.create(
        account_id=account_id,
        request_id=hold.request_id,
        fingerprint=hold.fingerprint,
        ceiling=hold.ceiling,
        month=hold.month,
        member_id=hold.member_id,
        key_id=hold.key_id,
        session_id=details.session_id,
        model=details.model,
        price_version_id=details.price_version_id,
        may_host_pay=hold.may_host_pay,
        counts_own=hold.counts_own,
        created_at=now,
        expires_at=hold.expires_at,
    )


def usage_create(
    reservation: Reservation,
    rows: Sequence[tuple[UsageDetails, Charge]],
    *,
    now: datetime,
    payer: Payer,
    fingerprint: str,
    was_expired: bool,
) -> None:
    """A row a model, in the charge's month. Its day is the reservation's, or today when that had expired."""
    made_at = now if was_expired else reservation.created_at
    of_request = {name: getattr(reservation, name) for name in _OF_REQUEST}
    settled = {"payer": payer.value, "fingerprint": fingerprint, "was_expired": was_expired, "at": now}
    Usage.objects.bulk_create(
        Usage(
            **of_request,
            **settled,
            **details.tokens.by_class(),
            **{name: getattr(details, name) for name in _OF_PART},
            **{name: getattr(charge, name) for name in _OF_CHARGE},
            units=dict(details.units),
            day=_day(made_at, charge.month),
        )
        for details, charge in rows
    )


def entry_create(account_id: int, entry: Entry, now: datetime, reason: str) -> None:
    LedgerEntry.objects.create(
        account_id=account_id,
        seq=entry.seq,
        source=entry.source,
        amount=entry.amount,
        balance_after=entry.balance_after,
        reason=reason[:200],
        at=now,
    )


def _day(moment: datetime, month: int) -> date:
    """The day of the moment; the month's first if a clock went back before the month began."""
    return moment.date() if month_of(moment) == month else month_begins(month).date()

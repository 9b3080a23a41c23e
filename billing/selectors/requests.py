"""Usage by request: the rows of a day, of a statement's line or of one request, each with how its cost came about."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from django.db.models import QuerySet

from billing.models import BillingAccount, LedgerEntry, PriceVersion, QuarantinedRequest, Usage
from billing.ports import CallFacts, call_facts
from billing.pricing.classes import TOKEN_CLASSES
from billing.pricing.cost import Cost
from billing.pricing.quarantine import Quarantined
from billing.selectors.breakdowns import names_of
from billing.selectors.prices import price_book_of
from billing.selectors.repricing import usage_explained
from billing.selectors.usage import UsageFilter, usage_rollups
from opencode.lib.paging import Keyset, by_number

BY_DAY: Final = Keyset(by_number("pk", is_descending=True))
"""Within one day, the newest first."""
POSTED: Final = Keyset(by_number("seq", is_descending=True))
"""In the order of the ledger, the newest first."""

DAYS_LOOKED: Final = timedelta(days=92)


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A usage row with its corrections: `cost` = `charged` + `carried`, as they are now, in micro-cents.

    `explained` says how the present cost came about by `version`; None where no list priced it. `quarantine` is there
    while the row is left out of the sums, and for good what it was about. `call` is None unless the console made it.
    """

    usage: Usage
    cost: int
    charged: int
    carried: int
    key: str
    member: str
    corrections: tuple[LedgerEntry, ...]
    version: PriceVersion | None
    explained: Cost | None
    quarantine: QuarantinedRequest | None
    call: CallFacts | None

    @property
    def is_open(self) -> bool:
        """Whether it is in quarantine still."""
        return bool(self.usage.quarantined) and not any(each.source.startswith("release:") for each in self.corrections)

    @property
    def tokens(self) -> int:
        return sum(getattr(self.usage, name) for name in TOKEN_CLASSES)


def posted_rows(account_id: int, first: int, last: int) -> QuerySet[Usage]:
    """Those that moved the balance under these numbers of the ledger."""
    return Usage.objects.filter(account_id=account_id, seq__gte=first, seq__lte=last)


def day_rows(account_id: int, wanted: UsageFilter, *, is_quarantined: bool = False) -> QuerySet[Usage]:
    """The rows of the filter's first day, unordered: one range of the index by account and day."""
    rows = Usage.objects.filter(account_id=account_id, day=wanted.since)
    narrowed = {"model": wanted.model, "key_id": wanted.key_id, "member_id": wanted.member_id}
    rows = rows.filter(**{name: value for name, value in narrowed.items() if value is not None})
    return rows.exclude(quarantined="") if is_quarantined else rows


def days_beside(account_id: int, wanted: UsageFilter) -> tuple[date | None, date | None]:
    """The days with usage before and after the filter's first day, DAYS_LOOKED away at most; from rollups."""
    day = wanted.since
    before = replace(wanted, since=day - DAYS_LOOKED, until=day)
    after = replace(wanted, since=day + timedelta(days=1), until=day + DAYS_LOOKED)
    older = usage_rollups(account_id, before).order_by("-day").values_list("day", flat=True).first()
    return older, usage_rollups(account_id, after).order_by("day").values_list("day", flat=True).first()


def rows_of_request(account_id: int, request_id: str, member_id: str | None = None) -> QuerySet[Usage]:
    """One a model; with `member_id` only that person's."""
    rows = Usage.objects.filter(account_id=account_id, request_id=request_id).order_by("pk")
    return rows if member_id is None else rows.filter(member_id=member_id)


def request_rows(account: BillingAccount, rows: Sequence[Usage]) -> list[RequestRow]:
    """In their order; seven reads, however many rows there are, and more only for price lists not read yet."""
    corrections: dict[int, list[LedgerEntry]] = {}
    for entry in LedgerEntry.objects.filter(usage_id__in=[row.pk for row in rows]).order_by("seq"):
        corrections.setdefault(entry.usage_id or 0, []).append(entry)
    versions = PriceVersion.objects.in_bulk({_version(row, corrections.get(row.pk, [])) for row in rows} - {None})
    keys = names_of(account.workspace_id, "key", {row.key_id for row in rows})
    members = names_of(account.workspace_id, "member", {row.member_id for row in rows})
    left_out = [row.request_id for row in rows if row.quarantined]
    quarantine = QuarantinedRequest.objects.filter(account_id=account.pk, request_id__in=left_out)
    known = {each.request_id: each for each in quarantine}
    calls = call_facts(account.workspace_id, {row.request_id for row in rows})
    found = []
    for row in rows:
        made = corrections.get(row.pk, [])
        version = versions.get(_version(row, made) or 0)
        cost, charged, carried = (
            getattr(row, name) + sum(getattr(each, name) for each in made) for name in ("cost", "charged", "carried")
        )
        found.append(
            RequestRow(
                usage=row,
                cost=cost,
                charged=charged,
                carried=carried,
                key=keys[row.key_id],
                member=members[row.member_id],
                corrections=tuple(made),
                version=version,
                explained=_explained(row, version, cost),
                quarantine=known.get(row.request_id),
                call=calls.get(row.request_id),
            )
        )
    return found


def _version(row: Usage, corrections: Sequence[LedgerEntry]) -> int | None:
    return corrections[-1].price_version_id if corrections else row.price_version_id


def _explained(row: Usage, version: PriceVersion | None, cost: int) -> Cost | None:
    """None also where the list does not give the row's cost, which `ledger_verify` would report."""
    if version is None or row.is_estimated:
        return None
    try:
        explained, _ = usage_explained(row, price_book_of(version))
    except Quarantined:
        return None
    return explained if explained.micro_cents == cost else None

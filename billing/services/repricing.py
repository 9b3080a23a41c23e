"""Prices usage anew by the prices in force: a correction for each row whose cost differs, in the ledger for good."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db import transaction

from billing.ledger.operations import Answer, Correct
from billing.models import BillingAccount, Usage
from billing.pricing.book import PriceBook
from billing.pricing.quarantine import Quarantined
from billing.selectors.prices import price_book
from billing.selectors.repricing import usage_priced
from billing.selectors.sums import corrections_of
from billing.services.ledger import ledger_execute_all
from billing.services.work import Details, Work
from opencode.lib.actor import Actor
from opencode.lib.clock import utc_now
from workspaces.services.audit import audit_record

ROWS_AT_ONCE: Final = 200
ROWS_READ_AT_ONCE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Reprice:
    """A row whose cost differs by the prices in force, in micro-cents."""

    usage_id: int
    request_id: str
    model: str
    before: int
    after: int
    version: int


@dataclass(slots=True)
class Repriced:
    """`cost` is by how much the rows' cost changed, `charged` what of that the workspace pays, or gets back."""

    rows: int = 0
    changed: int = 0
    cost: int = 0
    charged: int = 0


def usage_reprice(
    *, account: BillingAccount, first: date, last: date, model: str = "", actor: Actor, dry_run: bool = False
) -> Repriced:
    """Correct the usage of requests from `first` to `last` (UTC days), of one model when it is given.

    Rows that were quarantined, estimated, or priced by no list, and those without a price now, stay as they are. A
    transaction and an audit entry for every 200 rows that change; a repeat continues. In a dry run `charged` is 0.
    """
    done, waiting = Repriced(), list[Reprice]()
    for found in _differing(account, first, last, model, done):
        waiting.append(found)
        if len(waiting) == ROWS_AT_ONCE:
            _correct(account, waiting, actor, dry_run, done)
            waiting = []
    _correct(account, waiting, actor, dry_run, done)
    return done


def _differing(account: BillingAccount, first: date, last: date, model: str, done: Repriced) -> Iterator[Reprice]:
    corrected: dict[int, int] = {}
    for each in corrections_of(account.pk):
        corrected[each.usage_id] = corrected.get(each.usage_id, 0) + each.cost
    book = price_book()
    rows = Usage.objects.filter(account_id=account.pk, day__gte=first, day__lte=last, price_version_id__isnull=False)
    rows = rows.filter(quarantined="", is_estimated=False).order_by("pk")
    after = 0
    while page := list((rows.filter(model=model) if model else rows).filter(pk__gt=after)[:ROWS_READ_AT_ONCE]):
        for row in page:
            found = _reprice(row, row.cost + corrected.get(row.pk, 0), book)
            if found is not None:
                yield found
        done.rows += len(page)
        after = page[-1].pk


def _reprice(row: Usage, before: int, book: PriceBook) -> Reprice | None:
    try:
        after, version = usage_priced(row, book)
    except Quarantined:
        return None
    return None if after == before else Reprice(row.pk, row.request_id, row.model, before, after, version)


def _correct(account: BillingAccount, found: list[Reprice], actor: Actor, dry_run: bool, done: Repriced) -> None:
    if not found:
        return
    done.changed += len(found)
    done.cost += sum(each.after - each.before for each in found)
    if dry_run:
        return
    now = utc_now()
    works = [
        Work(
            account.pk,
            Correct(now, f"reprice:{each.usage_id}:{each.version}", each.usage_id, each.after),
            Details(price_version_id=each.version, reason=actor.reason),
        )
        for each in found
    ]
    with transaction.atomic():
        decisions = ledger_execute_all(works)
        charged = sum(decision.entry.charged for decision in decisions if decision.entry is not None)
        refused = sum(decision.answer != Answer.CORRECTED for decision in decisions)
        details = {"rows": len(found) - refused, "micro_cents": charged}
        audit_record(workspace_id=account.workspace_id, actor=actor, action="billing.reprice", details=details)
    done.changed -= refused
    done.charged += charged

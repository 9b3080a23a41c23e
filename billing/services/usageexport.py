"""Usage as CSV: each rollup of a filter, in pieces."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from billing.models import BillingAccount, UsageRollup
from billing.pricing.classes import TOKEN_CLASSES
from billing.selectors.breakdowns import names_of
from billing.selectors.usage import ROLLUPS, UsageFilter, usage_rollups_from
from opencode.lib.csvcells import csv_lines
from opencode.lib.money import to_dollars
from opencode.lib.paging import Place

CHUNK_ROWS: Final = 1000
COLUMNS: Final = (
    "day_utc",
    "source",
    "model",
    "key_id",
    "key",
    "person_id",
    "person",
    "requests",
    "quarantined",
    *(f"{name}_tokens" for name in TOKEN_CLASSES),
    "cost_usd",
    "charged_usd",
    "carried_usd",
    "cost_micro_cents",
)


def usage_export(*, account: BillingAccount, wanted: UsageFilter) -> Iterator[str]:
    """Lines of CSV, the oldest day first, a thousand a piece. The costs add up to the page's total."""
    yield csv_lines([COLUMNS])
    place: Place | None = None
    while chunk := list(ROLLUPS.after(usage_rollups_from(account.pk, wanted, place), place)[:CHUNK_ROWS]):
        keys = names_of(account.workspace_id, "key", {row.key_id for row in chunk if row.key_id})
        people = names_of(account.workspace_id, "member", {row.member_id for row in chunk if row.member_id})
        yield csv_lines([_cells(row, keys.get(row.key_id, ""), people.get(row.member_id, "")) for row in chunk])
        place = (chunk[-1].day, chunk[-1].pk)


def _cells(row: UsageRollup, key: str, person: str) -> Sequence[Any]:
    return (
        row.day.isoformat(),
        row.source,
        row.model,
        row.key_id,
        key,
        row.member_id,
        person,
        row.requests,
        row.quarantined,
        *(getattr(row, name) for name in TOKEN_CLASSES),
        *(f"{to_dollars(amount):f}" for amount in (row.cost, row.charged, row.carried)),
        row.cost,
    )

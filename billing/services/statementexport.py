"""The statement as CSV, in pieces: the lines of a period, the newest first."""

from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import Any, Final

from billing.ledger.statement import Line
from billing.models import LedgerEntry
from billing.selectors.statement import STATEMENT, StatementFilter, statement_page
from opencode.lib.csvcells import csv_lines
from opencode.lib.money import to_dollars

CHUNK_MARKS: Final = 1000
COLUMNS: Final = (
    "day_utc",
    "at_utc",
    "source",
    "reason",
    "usage_rows",
    "first_number",
    "last_number",
    "amount_usd",
    "balance_usd",
    "amount_micro_cents",
    "balance_micro_cents",
)


def statement_export(*, account_id: int, wanted: StatementFilter) -> Iterator[str]:
    """Lines of CSV, about a thousand a piece. The amounts add up to what the balance changed by."""
    yield csv_lines([COLUMNS])
    cursor: str | None = ""
    while cursor is not None:
        page = statement_page(account_id, wanted, STATEMENT.read(cursor), CHUNK_MARKS)
        if page.lines:
            yield csv_lines([_cells(line) for line in page.lines])
        cursor = page.next


def _cells(line: Line[LedgerEntry]) -> Sequence[Any]:
    entry = line.entry
    return (
        line.day.isoformat(),
        entry.at.astimezone(UTC).isoformat(timespec="seconds") if entry else "",
        entry.source if entry else "usage",
        entry.reason if entry else "",
        "" if entry else line.rows,
        line.first_seq,
        line.last_seq,
        *(f"{to_dollars(amount):f}" for amount in (line.amount, line.balance_after)),
        line.amount,
        line.balance_after,
    )

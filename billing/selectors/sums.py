"""Recomputes the sums that pages read, from single rows: a day's usage, and the statement. Reads only."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from django.db.models import Count, Q, QuerySet, Sum

from billing.ledger.facts import Payer
from billing.models import LedgerEntry, StatementDay, Usage, UsageRollup
from billing.pricing.classes import TOKEN_CLASSES

ROWS_AT_ONCE: Final = 2_000
RELEASE: Final = "release:"
"""How the source of a correction begins that ends a quarantine."""
_SUMS: Final = ("requests", "quarantined", *TOKEN_CLASSES, "cost", "charged", "carried", "own_cost")


@dataclass(frozen=True, slots=True)
class Problem:
    """`check` is a stable name; `stored` and `computed` are the values that differ."""

    check: str
    where: str
    stored: Any
    computed: Any

    def __str__(self) -> str:
        return f"{self.check} ({self.where}): stored {self.stored}, computed {self.computed}"


class Correction(NamedTuple):
    """A correction's amounts, and what is needed of its usage row."""

    usage_id: int
    source: str
    cost: int
    charged: int
    carried: int
    counted: int
    price_version_id: int | None
    month: int
    day: Any
    model: str
    key_id: str
    member_id: str
    payer: str


def corrections_of(account_id: int) -> list[Correction]:
    """All corrections of an account, in order; without those whose usage row is missing, which the sums show."""
    entries = LedgerEntry.objects.filter(account_id=account_id, usage_id__isnull=False).order_by("seq")
    made = list(entries.values_list("usage_id", "source", "cost", "charged", "carried", "counted", "price_version_id"))
    rows: dict[int, tuple[Any, ...]] = {}
    for first in range(0, len(made), ROWS_AT_ONCE):
        ids = [each[0] for each in made[first : first + ROWS_AT_ONCE]]
        found = Usage.objects.filter(pk__in=ids)
        rows |= {row[0]: row[1:] for row in found.values_list("pk", *Correction._fields[7:])}
    return [Correction(*each, *rows[each[0]]) for each in made if each[0] in rows]


def rollups_verify(account_id: int, corrections: Sequence[Correction]) -> Iterator[Problem]:
    """Each day's metered usage is the sum of its rows and of their corrections."""
    computed = _computed(account_id, corrections)
    metered = UsageRollup.objects.filter(account_id=account_id, source=UsageRollup.Source.METERED)
    rows = metered.values_list("day", "model", "key_id", "member_id", *_SUMS).order_by()
    stored = {row[:4]: list(row[4:]) for row in rows.iterator(chunk_size=ROWS_AT_ONCE)}
    nothing = [0] * len(_SUMS)
    for key in sorted(stored.keys() | computed.keys()):
        mine, theirs = stored.get(key, nothing), computed.get(key, nothing)
        if mine != theirs:
            differs = next(place for place, pair in enumerate(zip(mine, theirs, strict=True)) if pair[0] != pair[1])
            yield Problem("rollup", f"{_SUMS[differs]} of {key[1]} on {key[0]}", mine[differs], theirs[differs])


def _computed(account_id: int, corrections: Sequence[Correction]) -> dict[tuple[Any, ...], list[int]]:
    computed: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0] * len(_SUMS))
    for row in _grouped(Usage.objects.filter(account_id=account_id)).iterator(chunk_size=ROWS_AT_ONCE):
        computed[row[:4]] = [int(amount or 0) for amount in row[4:]]
    for each in corrections:
        sums = computed[each.day, each.model, each.key_id, each.member_id]
        changes = {"cost": each.cost, "charged": each.charged, "carried": each.carried}
        changes["own_cost"] = each.cost if each.payer == Payer.OWN else 0
        changes["quarantined"] = -1 if each.source.startswith(RELEASE) else 0
        for name, amount in changes.items():
            sums[_SUMS.index(name)] += amount
    return computed


def _grouped(rows: QuerySet[Usage]) -> QuerySet[Usage, tuple[Any, ...]]:
    totals: dict[str, Any] = {
        "sum_requests": Count("pk"),
        "sum_quarantined": Count("pk", filter=~Q(quarantined="")),
        **{f"sum_{name}": Sum(name) for name in (*TOKEN_CLASSES, "cost", "charged", "carried")},
        "sum_own_cost": Sum("cost", filter=Q(payer=Payer.OWN.value)),
    }
    return rows.order_by().values_list("day", "model", "key_id", "member_id").annotate(**totals)


def statement_verify(account_id: int) -> Iterator[Problem]:
    """Each day of the statement has the usage rows that were posted on it."""
    rows = Usage.objects.filter(account_id=account_id, seq__isnull=False).order_by("seq")
    computed: dict[Any, list[int]] = {}
    for at, seq, charged, after in rows.values_list("recorded_at", "seq", "charged", "balance_after").iterator(
        chunk_size=ROWS_AT_ONCE
    ):
        day = computed.setdefault(at.date(), [0, 0, seq, 0, 0])
        day[:] = [day[0] + 1, day[1] + charged, day[2], seq, after]
    names = ("requests", "used", "first_seq", "last_seq", "balance_after")
    stored = {
        row[0]: list(row[1:])
        for row in StatementDay.objects.filter(account_id=account_id).values_list("day", *names).order_by()
    }
    for key in sorted(stored.keys() | computed.keys()):
        if stored.get(key) != computed.get(key):
            yield Problem("statement_day", str(key), stored.get(key), computed.get(key))

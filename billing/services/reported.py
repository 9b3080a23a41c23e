"""Rolls up what synced messages say they cost, by day, model and person. Shown beside usage, and never billed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

from django.db import transaction
from django.db.models import F

from billing.models import BillingAccount, ReportedMessage, UsageRollup
from billing.pricing.classes import Tokens

_CLASSES: Final = ("input", "cache_read", "cache_write_5m", "output", "reasoning")
_SUMS: Final = ("requests", "quarantined", "cost", *_CLASSES)
_COLUMNS: Final = ("day", "member_id", "model", "cost", "is_copy", "refused", "same_as", *_CLASSES)

_Place = tuple[date, str, str]


@dataclass(frozen=True, slots=True)
class ReportedItem:
    """A message as it is now. `message` and `same_as` are hashes of 32 characters; see ReportedMessage.

    `refused` is the code of a cost that was left out; an item without cost and tokens is recorded only as a correction.
    """

    message: str
    day: date
    model: str
    cost: int
    tokens: Tokens = field(default_factory=Tokens)
    same_as: str = ""
    refused: str = ""


class ReportedCounts(NamedTuple):
    """Messages that were new or changed, how many of these are copies or left out; `cost` is the sum's change."""

    messages: int
    copies: int
    refused: int
    cost: int


@transaction.atomic
def reported_record(*, workspace_id: str, member_id: str, items: Sequence[ReportedItem]) -> ReportedCounts:
    """Bring the rollups to what the messages say now; a repeat changes nothing. Messages keep their first person.

    Locks the account for a few statements, so that a message and its copy cannot both be counted.
    """
    if not items:
        return ReportedCounts(0, 0, 0, 0)
    account_id = BillingAccount.objects.select_for_update().values_list("pk", flat=True).get(workspace_id=workspace_id)
    changed = _changed(account_id, member_id, items)
    if changed:
        _rows_write(changed)
        _rollups_add(account_id, _differences(changed))
    return _counts(changed)


def reported_preview(*, workspace_id: str, items: Sequence[ReportedItem]) -> ReportedCounts:
    """What `reported_record` would answer, without writing."""
    account_id = BillingAccount.objects.values_list("pk", flat=True).get(workspace_id=workspace_id)
    return _counts(_changed(account_id, "", items))


_Change = tuple[ReportedMessage | None, ReportedMessage]


def _changed(account_id: int, member_id: str, items: Sequence[ReportedItem]) -> list[_Change]:
    """Rows as they are, and as they are to be, of those that differ."""
    mine = ReportedMessage.objects.filter(account_id=account_id)
    known = {row.message: row for row in mine.filter(message__in=[item.message for item in items])}
    originals = _originals(account_id, items)
    changes: list[_Change] = []
    for item in items:
        before = known.get(item.message)
        is_empty = not (item.cost or item.refused or item.tokens != Tokens())
        if before is None and is_empty:
            continue
        after = _row(account_id, before.member_id if before else member_id, item)
        if before is not None:
            after.pk = before.pk
            if is_empty:
                after.day, after.model = before.day, before.model
        if item.same_as:
            after.is_copy = originals.setdefault(item.same_as, item.message) != item.message
        if before is None or any(getattr(before, name) != getattr(after, name) for name in _COLUMNS):
            changes.append((before, after))
    return changes


def _originals(account_id: int, items: Iterable[ReportedItem]) -> dict[str, str]:
    """The message that counts, of each group of copies that has one."""
    wanted = {item.same_as for item in items if item.same_as}
    rows = ReportedMessage.objects.filter(account_id=account_id, same_as__in=wanted, is_copy=False)
    return dict(rows.order_by("-pk").values_list("same_as", "message"))


def _row(account_id: int, member_id: str, item: ReportedItem) -> ReportedMessage:
    counts = {name: getattr(item.tokens, name) for name in _CLASSES}
    return ReportedMessage(
        account_id=account_id,
        message=item.message,
        same_as=item.same_as,
        day=item.day,
        member_id=member_id,
        model=item.model,
        cost=item.cost,
        refused=item.refused,
        **counts,
    )


def _rows_write(changes: Sequence[_Change]) -> None:
    ReportedMessage.objects.bulk_create([after for before, after in changes if before is None])
    corrected = [after for before, after in changes if before is not None]
    if corrected:
        ReportedMessage.objects.bulk_update(corrected, _COLUMNS)


def _differences(changes: Iterable[_Change]) -> Mapping[_Place, Mapping[str, int]]:
    sums: dict[_Place, dict[str, int]] = defaultdict(lambda: dict.fromkeys(_SUMS, 0))
    for before, after in changes:
        for row, sign in ((before, -1), (after, 1)):
            if row is None or row.is_copy:
                continue
            place = sums[row.day, row.model, row.member_id]
            for name, value in _sums_of(row).items():
                place[name] += sign * value
    return {place: values for place, values in sums.items() if any(values.values())}


def _sums_of(row: ReportedMessage) -> dict[str, int]:
    counts = {name: getattr(row, name) for name in ("cost", *_CLASSES)}
    return {"requests": 1, "quarantined": int(bool(row.refused)), **counts}


def _rollups_add(account_id: int, differences: Mapping[_Place, Mapping[str, int]]) -> None:
    for (day, model, member_id), sums in sorted(differences.items()):
        place = {
            "account_id": account_id,
            "day": day,
            "model": model,
            "member_id": member_id,
            "key_id": "",
            "source": UsageRollup.Source.REPORTED,
        }
        if not UsageRollup.objects.filter(**place).update(**{name: F(name) + value for name, value in sums.items()}):
            UsageRollup.objects.create(**place, **sums)


def _counts(changes: Sequence[_Change]) -> ReportedCounts:
    return ReportedCounts(
        messages=len(changes),
        copies=sum(after.is_copy for _, after in changes),
        refused=sum(bool(after.refused) for _, after in changes),
        cost=sum(values["cost"] for values in _differences(changes).values()),
    )

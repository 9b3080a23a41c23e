"""Writes how calls went, many at a time, with their sums by provider key and day; and removes old ones."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import F

from gateway.models import CallDay, ModelCall
from opencode.lib.latewrites import LateWrites

KEPT_DAYS: Final = 92
REMOVED_AT_ONCE: Final = 5_000
_FAILED: Final = frozenset({ModelCall.End.FAILED, ModelCall.End.CUT, ModelCall.End.REFUSED})
Name = tuple[str, str]
"""A call's workspace and request."""


class Place(NamedTuple):
    """A row of `CallDay`."""

    workspace_id: str
    day: date
    model: str
    credential_id: str


@transaction.atomic
def calls_write(notes: Mapping[Name, ModelCall]) -> None:
    """Write these; sums are in the order of their rows, which every process locks them in.

    One that is there already, after a commit whose answer was lost, must not keep the others from being written.
    """
    ModelCall.objects.bulk_create(notes.values(), ignore_conflicts=True)
    for place, (calls, failed, cost) in sorted(_sums(notes.values()).items()):
        row = place._asdict()
        CallDay.objects.get_or_create(**row)
        added = {"calls": F("calls") + calls, "failed": F("failed") + failed, "cost": F("cost") + cost}
        CallDay.objects.filter(**row).update(**added)


def calls_remove(*, now: datetime) -> int:
    """Remove what is older than KEPT_DAYS, REMOVED_AT_ONCE at most; returns how many. Sums stay."""
    old = ModelCall.objects.filter(at__lt=now - timedelta(days=KEPT_DAYS)).order_by("at")
    return ModelCall.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:REMOVED_AT_ONCE])).delete()[0]


def _sums(notes: Iterable[ModelCall]) -> Mapping[Place, tuple[int, int, int]]:
    sums: dict[Place, tuple[int, int, int]] = defaultdict(lambda: (0, 0, 0))
    for note in notes:
        place = Place(note.workspace_id, note.at.date(), note.model, note.credential_id)
        calls, failed, cost = sums[place]
        sums[place] = (calls + 1, failed + (note.end in _FAILED), cost + note.cost)
    return sums


def _first(waiting: ModelCall, _added: ModelCall) -> ModelCall:
    return waiting


def _seconds() -> float:
    return float(settings.MODEL_CALL_SECONDS)


CALL_NOTES: Final[LateWrites[Name, ModelCall]] = LateWrites(calls_write, join=_first, seconds=_seconds)

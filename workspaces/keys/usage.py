"""Counts how much keys are used: in memory, written to the day's row by a background thread once a minute.

No request waits for it. A process that is killed loses the counts of its last minute.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import F

from opencode.lib.clock import utc_now
from opencode.lib.latewrites import LateWrites
from workspaces.models import KeyUsage


class KeyDay(NamedTuple):
    """What a count is for: one key on one day; the day is UTC, as ISO text."""

    workspace_id: str
    key_id: str
    day: str


class Counts(NamedTuple):
    requests: int
    publishes: int


def count_request(workspace_id: str, key_id: str) -> None:
    """One more request or handshake with this key."""
    COUNTS.add(KeyDay(workspace_id, key_id, utc_now().date().isoformat()), Counts(1, 0))


def count_publish(workspace_id: str, key_id: str) -> None:
    """One more publish with this key, over a socket or HTTP."""
    COUNTS.add(KeyDay(workspace_id, key_id, utc_now().date().isoformat()), Counts(0, 1))


def usage_flush() -> None:
    """Write what was counted; what cannot be written now is kept for the next time."""
    COUNTS.flush()


@transaction.atomic
def _write(counts: Mapping[KeyDay, Counts]) -> None:
    """All or nothing, in the order of the keys, so that two processes do not lock each other out."""
    for key, (requests, publishes) in sorted(counts.items()):
        KeyUsage.objects.get_or_create(key_id=key.key_id, day=key.day, defaults={"workspace_id": key.workspace_id})
        KeyUsage.objects.filter(key_id=key.key_id, day=key.day).update(
            requests=F("requests") + requests, publishes=F("publishes") + publishes
        )


def _sum(waiting: Counts, added: Counts) -> Counts:
    return Counts(waiting.requests + added.requests, waiting.publishes + added.publishes)


def _seconds() -> float:
    return settings.KEY_USAGE_SECONDS


COUNTS: Final[LateWrites[KeyDay, Counts]] = LateWrites(_write, join=_sum, seconds=_seconds)

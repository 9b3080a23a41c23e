"""Counts how much keys are used: in memory, written to the day's row by a background thread once a minute.

No request waits for it. A process that is killed loses the counts of its last minute.
"""

import atexit
import threading
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from opencode.lib.clock import utc_now
from workspaces.models import KeyUsage

log = structlog.get_logger(__name__)


class KeyDay(NamedTuple):
    """What a count is for: one key on one day; the day is UTC, as ISO text."""

    workspace_id: str
    key_id: str
    day: str


class _Counts:
    """The counts of this process that are not written yet, and the timer that will write them."""

    def __init__(self, make_timer: Callable[[float, Callable[[], None]], threading.Timer] = threading.Timer) -> None:
        self._make_timer = make_timer
        self._lock = threading.Lock()
        self._waiting: dict[KeyDay, list[int]] = {}
        self._timer: threading.Timer | None = None

    def add(self, key: KeyDay, requests: int, publishes: int) -> None:
        with self._lock:
            counts = self._waiting.setdefault(key, [0, 0])
            counts[0] += requests
            counts[1] += publishes
            if self._timer is None and settings.KEY_USAGE_SECONDS:
                self._timer = self._make_timer(settings.KEY_USAGE_SECONDS, usage_flush)
                self._timer.daemon = True
                self._timer.start()

    def take(self) -> Mapping[KeyDay, list[int]]:
        with self._lock:
            taken, self._waiting, self._timer = self._waiting, {}, None
        return taken


_counts: Final = _Counts()


def count_request(workspace_id: str, key_id: str) -> None:
    """One more request or handshake with this key."""
    _counts.add(KeyDay(workspace_id, key_id, utc_now().date().isoformat()), 1, 0)


def count_publish(workspace_id: str, key_id: str) -> None:
    """One more publish with this key, over a socket or HTTP."""
    _counts.add(KeyDay(workspace_id, key_id, utc_now().date().isoformat()), 0, 1)


def usage_flush() -> None:
    """Write what was counted; what cannot be written now is kept for the next time."""
    taken = _counts.take()
    if not taken:
        return
    try:
        _write(taken)
    except Exception:
        log.warning("key_usage_unwritten", keys=len(taken), exc_info=True)
        for key, (requests, publishes) in taken.items():
            _counts.add(key, requests, publishes)
    if threading.current_thread() is not threading.main_thread() and not connection.in_atomic_block:
        connection.close()


@transaction.atomic
def _write(counts: Mapping[KeyDay, list[int]]) -> None:
    """All or nothing, in the order of the keys, so that two processes do not lock each other out."""
    for key, (requests, publishes) in sorted(counts.items()):
        KeyUsage.objects.get_or_create(key_id=key.key_id, day=key.day, defaults={"workspace_id": key.workspace_id})
        KeyUsage.objects.filter(key_id=key.key_id, day=key.day).update(
            requests=F("requests") + requests, publishes=F("publishes") + publishes
        )


def _at_exit() -> None:
    if settings.KEY_USAGE_SECONDS:
        usage_flush()


atexit.register(_at_exit)

"""How much one session may hold."""

from typing import NamedTuple

from django.conf import settings


class WriteLimits(NamedTuple):
    entry_bytes: int
    entries: int
    bytes: int


def write_limits() -> WriteLimits:
    return WriteLimits(settings.SYNC_ENTRY_BYTES, settings.SYNC_SESSION_ENTRIES, settings.SYNC_SESSION_BYTES)

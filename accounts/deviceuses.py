"""Records when, from where and by which version devices were last used.

Written by a background thread a moment later: threads that look devices up only read.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.conf import settings
from django.db import connection, transaction

from opencode.lib.clock import utc_now
from opencode.lib.latewrites import LateWrites
from opencode.lib.sql import stored_moment

LAST_USED_SECONDS: Final = 60
"""How exact a device's `last_used_at` is: it is written at most this often."""


class DevicePair(NamedTuple):
    """A device, and the one of its pairs of tokens that it showed."""

    device_id: str
    token_id: int


class DeviceUse(NamedTuple):
    """The first call since the last writing; `agent` is the program, "" when it does not say."""

    at: datetime
    ip: str | None
    agent: str


def mark_device_used(pair: DevicePair, ip: str | None, agent: str) -> None:
    """Record when, from where and by which version a device was used.

    The first use of a pair of tokens is always written, long before the grace time of a refresh is over: it decides
    what a refresh means that is repeated after it.
    """
    DEVICE_USES.add(pair, DeviceUse(utc_now(), ip, agent))


@transaction.atomic
def _write(uses: Mapping[DevicePair, DeviceUse]) -> None:
    """Compare-and-set: processes that saw the same stale row write it once; in the order of the ids."""
    with connection.cursor() as cursor:
        for (device_id, token_id), use in sorted(uses.items()):
            stale = use.at - timedelta(seconds=LAST_USED_SECONDS)
            cursor.execute(
                "UPDATE accounts_device SET last_used_at = %s, last_used_ip = %s, "
                "agent = CASE WHEN %s = '' THEN agent ELSE %s END "
                "WHERE id = %s AND (last_used_at IS NULL OR last_used_at < %s)",
                [stored_moment(use.at), use.ip, use.agent, use.agent, device_id, stored_moment(stale)],
            )
            cursor.execute(
                "UPDATE accounts_devicetoken SET used_at = %s WHERE id = %s AND used_at IS NULL",
                [stored_moment(use.at), token_id],
            )


def _first(waiting: DeviceUse, _added: DeviceUse) -> DeviceUse:
    return waiting


def _seconds() -> float:
    return settings.CREDENTIAL_USE_SECONDS


DEVICE_USES: Final[LateWrites[DevicePair, DeviceUse]] = LateWrites(_write, join=_first, seconds=_seconds)

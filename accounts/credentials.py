"""The secrets of devices: their format, what their hashes are for, and recording their use.

Looking them up together with a membership is the work of `workspaces.keys.lookup`.
"""

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import structlog
from django.db import DatabaseError, connection

from opencode.lib.clock import utc_now
from opencode.lib.ids import random_base62

ACCESS_PREFIX: Final = "oc_dev_"
REFRESH_PREFIX: Final = "oc_ref_"
ACCESS_PURPOSE: Final = "device-access"
REFRESH_PURPOSE: Final = "device-refresh"
DEVICE_CODE_PURPOSE: Final = "device-code"
TOKEN_BITS: Final = 192
DEVICE_CODE_BITS: Final = 192
LAST_USED_SECONDS: Final = 60
"""How exact a device's `last_used_at` is: it is written at most this often."""
AGENT_CHARACTERS: Final = 80

log = structlog.get_logger(__name__)


class DeviceUse(NamedTuple):
    """One call of a device: which token, from which IP address, by which program."""

    device_id: str
    token_id: int
    ip: str | None
    agent: str


def new_token(prefix: str) -> str:
    return prefix + random_base62(TOKEN_BITS)


def is_device_token(secret: str) -> bool:
    """Whether the text has the prefix of a device's access token; it may still be invalid."""
    return secret.startswith(ACCESS_PREFIX)


def agent_of(user_agent: str) -> str:
    """The printable part of a User-Agent header, shortened to fit its column: `opencode/1.18.33`."""
    shown = "".join(character for character in user_agent if character.isprintable())
    return " ".join(shown.split())[:AGENT_CHARACTERS]


def mark_device_used(use: DeviceUse) -> None:
    """Record when, from where and by which version a device was used.

    Outside a transaction a database error is logged, and the caller is not refused. Compare-and-set on the minute, so
    that processes that saw the same stale row write it once; the first use of a pair of tokens is always written,
    because it decides what a repeated refresh means.
    """
    now = utc_now()
    stale = _bound(now - timedelta(seconds=LAST_USED_SECONDS))
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE accounts_device SET last_used_at = %s, last_used_ip = %s, "
                "agent = CASE WHEN %s = '' THEN agent ELSE %s END "
                "WHERE id = %s AND (last_used_at IS NULL OR last_used_at < %s)",
                [_bound(now), use.ip, use.agent, use.agent, use.device_id, stale],
            )
            cursor.execute(
                "UPDATE accounts_devicetoken SET used_at = %s WHERE id = %s AND used_at IS NULL",
                [_bound(now), use.token_id],
            )
    except DatabaseError:
        if connection.in_atomic_block:
            raise
        log.warning("device_use_unwritten", device=use.device_id, exc_info=True)


def _bound(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)

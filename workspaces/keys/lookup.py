"""Looking presented secrets up by their keyed hash: one indexed read, hand-written because it is on every hot route.

Nothing is cached: a revocation holds from the next look-up on. Nothing is written either (see `uses.py`).
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db import connection

from accounts.credentials import ACCESS_PURPOSE
from opencode.lib.clock import utc_now
from opencode.lib.keyring import macs_of_all_versions
from workspaces.keys.format import API_KEY_PURPOSE, SHARE_TOKEN_PURPOSE

LAST_USED_SECONDS: Final = 60
"""How exact `last_used_at` is: it is written at most this often for each key."""

_FIND_KEY: Final = """
SELECT k.id, k.hash_version, k.workspace_id, k.user_id, m.id, k.root_id, m.role, k.scopes,
       w.blocked_at IS NOT NULL, k.last_used_at IS NULL OR k.last_used_at < %s
FROM workspaces_apikey k
JOIN workspaces_workspace w ON w.id = k.workspace_id AND w.deleted_at IS NULL
LEFT JOIN accounts_user u ON u.id = k.user_id
LEFT JOIN workspaces_membership m ON m.workspace_id = k.workspace_id AND m.user_id = k.user_id
WHERE k.secret_hash IN ({hashes}) AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > %s)
  AND (k.user_id IS NULL OR (u.is_active AND m.id IS NOT NULL))
"""
_FIND_SHARE: Final = """
SELECT k.id, k.hash_version, k.workspace_id, w.blocked_at IS NOT NULL, k.last_used_at IS NULL OR k.last_used_at < %s
FROM workspaces_sharetoken k
JOIN workspaces_workspace w ON w.id = k.workspace_id AND w.deleted_at IS NULL
WHERE k.secret_hash IN ({hashes}) AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > %s)
"""
_FIND_DEVICE: Final = """
SELECT t.id, d.id, d.user_id, m.id, m.workspace_id, m.role, w.blocked_at IS NOT NULL,
       t.used_at IS NULL OR d.last_used_at IS NULL OR d.last_used_at < %s
FROM accounts_devicetoken t
JOIN accounts_device d ON d.id = t.device_id AND d.revoked_at IS NULL
JOIN accounts_user u ON u.id = d.user_id AND u.is_active
LEFT JOIN (workspaces_membership m JOIN workspaces_workspace w ON w.id = m.workspace_id AND w.deleted_at IS NULL)
  ON m.user_id = d.user_id AND m.workspace_id = %s
WHERE t.access_hash IN ({hashes}) AND t.access_ends_at > %s
"""
_STANDING_SHARES: Final = """
SELECT k.id FROM workspaces_sharetoken k
JOIN workspaces_workspace w ON w.id = k.workspace_id AND w.deleted_at IS NULL AND w.blocked_at IS NULL
WHERE k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > %s) AND k.id IN ({ids})
"""
_STANDING_DEVICES: Final = """
SELECT t.id, CASE WHEN w.deleted_at IS NULL THEN m.id END, m.role, w.blocked_at IS NOT NULL
FROM accounts_devicetoken t
JOIN accounts_device d ON d.id = t.device_id AND d.revoked_at IS NULL
JOIN accounts_user u ON u.id = d.user_id AND u.is_active
LEFT JOIN workspaces_membership m ON m.user_id = d.user_id
LEFT JOIN workspaces_workspace w ON w.id = m.workspace_id
WHERE t.access_ends_at > %s AND t.id IN ({ids})
"""
_CHUNK_IDS: Final = 500


class FoundKey(NamedTuple):
    """`root_id` is the first key of its rotation, empty for that key itself; `role` is its person's, None without."""

    id: str
    hash_version: int
    workspace_id: str
    user_id: str | None
    membership_id: str | None
    root_id: str
    role: str | None
    scopes: frozenset[str]
    is_blocked: bool
    is_use_due: bool


class FoundToken(NamedTuple):
    id: str
    hash_version: int
    workspace_id: str
    is_blocked: bool
    is_use_due: bool


class FoundDevice(NamedTuple):
    """`membership_id`, `workspace_id` and `role` are None when the person is no member of the requested workspace."""

    token_id: int
    id: str
    user_id: str
    membership_id: str | None
    workspace_id: str | None
    role: str | None
    is_blocked: bool
    is_use_due: bool


def find_device(secret: str, workspace_id: str) -> FoundDevice | None:
    """The live device with this access token, and its person's membership in the workspace; None for no device."""
    hashes = list(macs_of_all_versions(ACCESS_PURPOSE, secret).values())
    now = utc_now()
    stale = _bound(now - timedelta(seconds=LAST_USED_SECONDS))
    with connection.cursor() as cursor:
        sql = _FIND_DEVICE.format(hashes=", ".join(["%s"] * len(hashes)))
        cursor.execute(sql, [stale, workspace_id, *hashes, _bound(now)])
        row = cursor.fetchone()
    if row is None:
        return None
    *found, is_blocked, is_use_due = row
    return FoundDevice._make([*found, bool(is_blocked), bool(is_use_due)])


def standing_tokens(ids: Sequence[str]) -> set[str]:
    """The ids of those share tokens that still open their workspace."""
    return {row[0] for row in _rows_of(_STANDING_SHARES, ids)}


def standing_devices(token_ids: Sequence[int]) -> dict[tuple[int, str | None], tuple[str, bool]]:
    """(role, whether the workspace is blocked) by (token id, membership id), for those tokens that are live.

    All memberships of a token's person are included; a person without any has one entry with None.
    """
    found = _rows_of(_STANDING_DEVICES, token_ids)
    return {(token_id, membership): (role or "", bool(is_blocked)) for token_id, membership, role, is_blocked in found}


def _rows_of(sql: str, ids: Sequence[Any]) -> list[Sequence[Any]]:
    rows: list[Sequence[Any]] = []
    now = _bound(utc_now())
    with connection.cursor() as cursor:
        for start in range(0, len(ids), _CHUNK_IDS):
            chunk = ids[start : start + _CHUNK_IDS]
            cursor.execute(sql.format(ids=", ".join(["%s"] * len(chunk))), [now, *chunk])
            rows += cursor.fetchall()
    return rows


def find_key(secret: str) -> FoundKey | None:
    """The live key with this secret (not revoked or expired; workspace, person and membership alive), or None."""
    row = _find(_FIND_KEY, API_KEY_PURPOSE, secret)
    if row is None:
        return None
    *found, scopes, is_blocked, is_use_due = row
    return FoundKey._make([*found, frozenset(json.loads(scopes)), bool(is_blocked), bool(is_use_due)])


def find_token(secret: str) -> FoundToken | None:
    """The live share token with this secret (not revoked or expired; its workspace not deleted), or None."""
    row = _find(_FIND_SHARE, SHARE_TOKEN_PURPOSE, secret)
    return None if row is None else FoundToken._make([*row[:3], bool(row[3]), bool(row[4])])


def _find(sql: str, purpose: str, secret: str) -> Sequence[Any] | None:
    hashes = list(macs_of_all_versions(purpose, secret).values())
    now = utc_now()
    parameters = [_bound(now - timedelta(seconds=LAST_USED_SECONDS)), *hashes, _bound(now)]
    with connection.cursor() as cursor:
        cursor.execute(sql.format(hashes=", ".join(["%s"] * len(hashes))), parameters)
        row: Sequence[Any] | None = cursor.fetchone()
    return row


def _bound(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)

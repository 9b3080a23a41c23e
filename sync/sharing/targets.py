"""Where live shares lead, by prepared SQL, for every agents' batch whose right is not remembered.

`live_shares` is the same rule as a Django query; a test checks that both agree.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from django.db import connection

from opencode.lib.clock import utc_now

CHUNK_IDS: Final = 500
_WRITER: Final = """
h.device_id = '' OR EXISTS (
    SELECT 1 FROM accounts_device d
    JOIN accounts_user u ON u.id = d.user_id AND u.is_active
    JOIN workspaces_membership m ON m.user_id = d.user_id AND m.workspace_id = s.workspace_id
    WHERE d.id = h.device_id AND d.revoked_at IS NULL)
"""
_LIVE: Final = """
h.revoked_at IS NULL AND (h.expires_at IS NULL OR h.expires_at > %s)
AND (s.workspace_id IS NULL OR (w.deleted_at IS NULL AND w.blocked_at IS NULL))
"""
_TARGETS: Final = f"""
SELECT h.id, h.session_id, s.client_id, s.workspace_id, {_WRITER}, s.cold_at IS NOT NULL, h.masks_secrets,
       h.visibility = 'members'
FROM sync_share h
JOIN sync_session s ON s.id = h.session_id
LEFT JOIN workspaces_workspace w ON w.id = s.workspace_id
WHERE {_LIVE} AND h.id IN ({{ids}})
"""  # noqa: S608 - constants
_AGENTS: Final = f"""
SELECT h.id, h.session_id, s.client_id, s.workspace_id, {_WRITER}, s.cold_at IS NOT NULL, h.masks_secrets,
       h.visibility = 'members', h.secret_version
FROM sync_session s
JOIN sync_share h ON h.session_id = s.id
LEFT JOIN workspaces_workspace w ON w.id = s.workspace_id
WHERE {_LIVE} AND s.owner_key = %s AND s.client_id = %s
AND h.is_agents AND h.expires_at IS NULL AND h.device_id = %s
ORDER BY h.created_at, h.id LIMIT 1
"""  # noqa: S608 - constants


class ShareTarget(NamedTuple):
    """A live share and its session; `workspace_id` is None for a session without an owner.

    `has_writer`: whether the secret alone may write; False once the device that made the share may no longer.
    `masks_secrets`: whether readers who have only the link see secrets masked. `is_for_members`: they see nothing.
    """

    share_id: str
    session_id: int
    client_id: str
    workspace_id: str | None
    has_writer: bool = True
    is_cold: bool = False
    masks_secrets: bool = True
    is_for_members: bool = False


class AgentsShare(NamedTuple):
    """A live share that an agent may get again, and the key version its secret was derived with."""

    target: ShareTarget
    secret_version: int


def share_target(share_id: str) -> ShareTarget | None:
    """The target of a live share, None for any other; one indexed read."""
    return share_targets([share_id]).get(share_id)


def share_targets(share_ids: Sequence[str]) -> dict[str, ShareTarget]:
    """The targets of those shares that are live, by share id."""
    found: dict[str, ShareTarget] = {}
    for start in range(0, len(share_ids), CHUNK_IDS):
        ids = share_ids[start : start + CHUNK_IDS]
        with connection.cursor() as cursor:
            cursor.execute(_TARGETS.format(ids=", ".join(["%s"] * len(ids))), [_now(), *ids])
            found |= {row[0]: _target(*row) for row in cursor.fetchall()}
    return found


def agents_share(owner_key: str, client_id: str, device_id: str = "") -> AgentsShare | None:
    """The live share to return when an agent shares its session again: its oldest one without an expiry.

    Each signed-in agent has its own shares, as the secret ends with the device.
    """
    with connection.cursor() as cursor:
        cursor.execute(_AGENTS, [_now(), owner_key, client_id, device_id])
        row = cursor.fetchone()
    return None if row is None else AgentsShare(_target(*row[:8]), row[8])


def _target(share_id: str, session_id: int, client_id: str, workspace_id: str | None, *flags: int) -> ShareTarget:
    return ShareTarget(share_id, session_id, client_id, workspace_id, *map(bool, flags))


def _now() -> Any:
    return connection.ops.adapt_datetimefield_value(utc_now())

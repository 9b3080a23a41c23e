"""Reads what agents do now: the newest few parts of some running sessions, in one statement."""

from collections import defaultdict
from collections.abc import Collection
from typing import Final

from django.db import connection

from sync.protocol.doing import Doing, doing_of
from sync.protocol.keys import part_key

SESSIONS_MAX: Final = 50
PARTS: Final = 4
"""An agent may run several tools at once, and text may follow a call."""
PART_BYTES: Final = 64 * 1024
# Ids sort by time, so the greatest keys are of the newest parts. A part that is too long is not read: it says nothing.
_ARM: Final = (
    "SELECT * FROM (SELECT e.session_id, CASE WHEN e.size <= %s THEN e.content ELSE '' END AS content "
    "FROM sync_sessionentry e WHERE e.session_id = %s AND e.{key} > %s AND e.{key} < %s AND e.deleted = 0 "
    "ORDER BY e.{key} DESC LIMIT %s) AS arm"
)
_KEY: Final = {"mysql": "`key`", "sqlite": '"key"'}


def read_doing(sessions: Collection[tuple[int, str]]) -> dict[int, Doing]:
    """What the agents of these sessions, row ids with client ids, do now; without those whose parts say nothing.

    Raises ValueError for more than SESSIONS_MAX.
    """
    if len(sessions) > SESSIONS_MAX:
        raise ValueError(f"{len(sessions)} sessions")
    if not sessions:
        return {}
    arms = " UNION ALL ".join([_ARM.format(key=_KEY[connection.vendor])] * len(sessions))
    values: list[int | str] = []
    for session_id, client_id in sessions:
        first = part_key(client_id, "", "").rstrip("/")
        values += [PART_BYTES, session_id, f"{first}/", f"{first}/~", PARTS]
    newest: dict[int, list[str]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(arms, values)
        for session_id, content in cursor.fetchall():
            newest[session_id].append(content)
    found = {session_id: doing_of(contents) for session_id, contents in newest.items()}
    return {session_id: doing for session_id, doing in found.items() if doing is not None}

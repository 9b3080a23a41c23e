"""Sessions for the tests of coldness: with tombstones and ranks, cooled, and held against what they were."""

from typing import Any

from sync.archive.cold.cooling import Cooling, session_cool
from sync.live.publishing import session_publish_sync
from sync.models import Session, SessionEntry
from sync.protocol.updates import Update

Rows = list[tuple[str, int, int, str, int, bool]]


def write(session: Session, *updates: Update) -> Session:
    session_publish_sync(session_id=session.pk, updates=updates)
    session.refresh_from_db()
    return session


def busy_session(client_id: str = "ses_1", **fields: Any) -> Session:
    """Five numbers, three living entries, a tombstone and four ranks."""
    session = Session.objects.create(client_id=client_id, **{"owner_key": client_id, **fields})
    info = Update(f"session/info/{client_id}", f'{{"id": "{client_id}", "title": "Ünicode"}}', rank=7)
    parts = [Update(f"session/part/{client_id}/msg_1/prt_{n}", f'{{"n": {n}}}', rank=n) for n in range(3)]
    return write(session, info, *parts, Update(parts[1].key, "", rank=9, deleted=True))


def rows_of(session: Session) -> Rows:
    rows = SessionEntry.objects.filter(session=session).order_by("seq")
    return list(rows.values_list("key", "seq", "rank", "content", "size", "deleted"))


def columns_of(session: Session) -> dict[str, Any]:
    """Everything of the row that coldness must leave alone."""
    session.refresh_from_db()
    moving = {"_state", "idle_since", "cold_at", "snapshot_seq", "snapshot_due_at"}
    return {name: value for name, value in vars(session).items() if name not in moving}


def cool(session: Session) -> Session:
    assert session_cool(session_id=session.pk) is Cooling.COOLED
    session.refresh_from_db()
    return session


def is_cold(session: Session) -> bool:
    session.refresh_from_db()
    return session.cold_at is not None

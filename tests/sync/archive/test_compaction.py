"""Rows of removed entries: so many are kept; when the oldest go, every reader loads again and misses nothing."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.conf import LazySettings
from django.db import OperationalError

from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from sync.archive import compaction
from sync.archive.cold.cooling import Cooling, session_cool
from sync.archive.compaction import session_compact
from sync.archive.restoring import session_restore
from sync.archive.snapshots import sweep as snapshot_sweep
from sync.archive.snapshots.sweep import MARK, snapshots_write_due
from sync.archive.snapshots.writing import snapshot_write
from sync.live.runtime import stop_runtime
from sync.models import Session, SessionEntry, Share, Snapshot
from sync.store import read_state
from tests.support.asgi_socket import ASGISocket
from tests.support.storages import folder_backend, keep_snapshots_in
from tests.support.transcripts import CLIENT_ID, CONVERSATION, FIRST_TEXT, make_session, make_share, publish

pytestmark = pytest.mark.django_db(transaction=True)
KEPT = 6
FOLDER = f"session/part/{CLIENT_ID}/msg_9"


@pytest.fixture(autouse=True)
def few(settings: LazySettings, objects: Path) -> None:
    settings.SYNC_SESSION_REMOVED = KEPT


def make_and_remove(session: Session, count: int, first: int = 0) -> Session:
    keys = [f"{FOLDER}/prt_{number:03d}" for number in range(first, first + count)]
    publish(session, {key: {"type": "text", "text": key} for key in keys})
    return publish(session, {}, deleted=tuple(keys))


@pytest.fixture
def session() -> Session:
    return publish(make_session(), CONVERSATION)


def removed_keys(session: Session) -> list[str]:
    return list(
        SessionEntry.objects.filter(session=session, deleted=True).order_by("seq").values_list("key", flat=True)
    )


def living(session: Session) -> dict[str, str]:
    state = read_state(session.pk)
    assert state is not None
    return {row.key: row.content for row in state.rows}


def test_as_many_as_are_kept_change_nothing(session: Session) -> None:
    make_and_remove(session, KEPT)
    assert session_compact(session_id=session.pk) == 0
    epoch = session.epoch
    session.refresh_from_db()
    assert session.epoch == epoch
    assert len(removed_keys(session)) == KEPT


def test_with_one_more_the_oldest_go_and_another_epoch_begins(session: Session) -> None:
    make_and_remove(session, KEPT + 1)
    Session.objects.update(snapshot_due_at=None)
    before = (session.epoch, session.head_seq, session.entry_count, session.content_bytes, living(session))
    assert session_compact(session_id=session.pk) == KEPT + 1 - KEPT // 2
    session.refresh_from_db()
    assert removed_keys(session) == [f"{FOLDER}/prt_{number:03d}" for number in (4, 5, 6)]
    assert session.epoch != before[0]
    assert session.snapshot_due_at is not None
    assert session.snapshot_due_at <= utc_now()
    assert (session.head_seq, session.entry_count, session.content_bytes, living(session)) == before[1:]


def test_numbers_go_on_and_a_removed_name_can_be_used_again(session: Session) -> None:
    make_and_remove(session, KEPT + 1)
    head = session.head_seq
    session_compact(session_id=session.pk)
    publish(session, {f"{FOLDER}/prt_000": {"type": "text", "text": "back"}})
    assert (session.head_seq, session.entry_count) == (head + 1, len(CONVERSATION) + 1)


def test_it_never_ends_while_entries_are_made_and_removed(session: Session) -> None:
    for turn in range(10):
        make_and_remove(session, KEPT, first=turn * KEPT)
        session_compact(session_id=session.pk)
        assert len(removed_keys(session)) <= KEPT
    assert living(session).keys() == CONVERSATION.keys()


def test_the_sweep_does_it_and_stores_the_new_epoch(session: Session) -> None:
    make_and_remove(session, KEPT + 1)
    Session.objects.update(snapshot_due_at=utc_now())
    assert snapshots_write_due(now=utc_now()) == (1, 0)
    session.refresh_from_db()
    snapshot = Snapshot.objects.get(session=session, epoch=session.epoch)
    assert (snapshot.seq, snapshot.entries) == (session.head_seq, len(CONVERSATION) + KEPT // 2)
    assert (session.snapshot_seq, session.snapshot_due_at) == (session.head_seq, None)


def test_it_needs_no_object_storage(session: Session, settings: LazySettings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    keep_snapshots_in(settings, folder_backend(tmp_path / "file"))
    make_and_remove(session, KEPT + 1)
    Session.objects.update(snapshot_due_at=utc_now())
    assert snapshots_write_due(now=utc_now()) == (0, 1)
    assert len(removed_keys(session)) == KEPT // 2


def test_many_rows_go_a_part_at_a_time(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "CHUNK_ROWS", 2)
    make_and_remove(session, KEPT + 3)
    epochs = iter(["another"])
    monkeypatch.setattr(compaction, "new_epoch", lambda: next(epochs))
    assert session_compact(session_id=session.pk) == KEPT + 3 - KEPT // 2
    assert removed_keys(session) == [f"{FOLDER}/prt_{number:03d}" for number in (6, 7, 8)]


def test_whoever_claimed_the_session_keeps_it(session: Session) -> None:
    make_and_remove(session, KEPT + 1)
    claimed = utc_now() + MARK.lease
    Session.objects.update(snapshot_due_at=claimed)
    session_compact(session_id=session.pk)
    session.refresh_from_db()
    assert session.snapshot_due_at == claimed


def test_rows_that_cannot_go_do_not_keep_the_session_from_being_stored(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: Any) -> int:
        raise OperationalError("too many rows")

    monkeypatch.setattr(snapshot_sweep, "session_compact", broken)
    Session.objects.update(snapshot_due_at=utc_now())
    assert snapshots_write_due(now=utc_now()) == (1, 0)


def test_a_snapshot_of_before_can_still_be_restored(session: Session) -> None:
    before = snapshot_write(session_id=session.pk)
    assert before is not None
    make_and_remove(session, KEPT + 1)
    publish(session, {FIRST_TEXT: {"type": "text", "text": "changed"}})
    session_compact(session_id=session.pk)
    session_restore(snapshot=before, actor=THE_CONSOLE)
    assert living(session)[FIRST_TEXT] == '{"id": "prt_1", "type": "text", "text": "Why does it fail?"}'


def test_a_cold_session_is_left_alone(session: Session) -> None:
    make_and_remove(session, KEPT + 1)
    assert session_cool(session_id=session.pk) is Cooling.COOLED
    assert session_compact(session_id=session.pk) == 0
    session.refresh_from_db()
    assert session.cold_at is not None


@pytest_asyncio.fixture
async def share(settings: LazySettings) -> AsyncIterator[Share]:
    settings.SYNC_HEARTBEAT_SECONDS = 0.2
    yield await sync_to_async(lambda: make_share(publish(make_session(), CONVERSATION)))()
    await stop_runtime()


async def test_readers_load_again_and_miss_no_removal(share: Share) -> None:
    """Also one that was away: with its old position it would never hear that the entries it shows were removed."""
    path = f"/sync/v1/sessions/{share.pk}"
    keys = {f"{FOLDER}/prt_{number:03d}": {"type": "text", "text": "soon gone"} for number in range(KEPT + 1)}
    await sync_to_async(publish)(share.session, keys)
    async with ASGISocket(path) as socket:
        state: Any = await socket.frame("snapshot")
        await sync_to_async(publish)(share.session, {}, deleted=tuple(keys))
        assert await sync_to_async(session_compact)(session_id=share.session_id) > 0
        assert await socket.closed() == 4409
    async with ASGISocket(path, query=f"epoch={state['epoch']}&seq={state['seq']}") as again:
        loaded = await again.frame("snapshot")
    assert {entry["key"] for entry in loaded["entries"]} == CONVERSATION.keys()
    assert loaded["epoch"] != state["epoch"]

"""Conditional puts, on files and on S3: nobody overwrites anybody."""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.core.files.storage import Storage, storages
from django.db import connection

from opencode.devtools.privateservers import PrivateS3
from sync.archive.snapshots import SnapshotDamaged, SnapshotHeader, object_put, object_read, pack, tree_delete
from sync.archive.snapshots.puts import put_new
from sync.archive.snapshots.writing import snapshot_write
from sync.live.publishing import session_publish_sync
from sync.models import Session, Snapshot
from sync.protocol.updates import Update
from tests.support.storages import folder_backend, keep_snapshots_in, s3_backend

WRITERS = 8
HEADER = SnapshotHeader(format="f", session="s", epoch="e", seq=1, entries=0)
OTHER = SnapshotHeader(format="f", session="s", epoch="other", seq=1, entries=0)


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateS3]:
    server = PrivateS3(tmp_path_factory.mktemp("s3"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=["files", "s3"])
def storage(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Storage:
    """The snapshots' storage, empty, in both implementations."""
    backends = {"files": lambda: folder_backend(tmp_path), "s3": lambda: s3_backend(request.getfixturevalue("s3").url)}
    keep_snapshots_in(settings, backends[request.param]())
    tree_delete("sessions")
    return storages["snapshots"]


def content_of(storage: Storage, name: str) -> bytes:
    with storage.open(name) as file:
        content: bytes = file.read()
    return content


def test_second_put_of_a_name_changes_nothing(storage: Storage) -> None:
    assert put_new(storage, "sessions/a/1", io.BytesIO(b"first"))
    assert not put_new(storage, "sessions/a/1", io.BytesIO(b"second"))
    assert content_of(storage, "sessions/a/1") == b"first"


def test_of_many_writers_at_once_exactly_one_wins(storage: Storage) -> None:
    barrier = Barrier(WRITERS)

    def write(number: int) -> bool:
        barrier.wait()
        return put_new(storages["snapshots"], "sessions/a/2", io.BytesIO(b"%d" % number))

    with ThreadPoolExecutor(WRITERS) as pool:
        won = list(pool.map(write, range(WRITERS)))
    assert won.count(True) == 1
    assert content_of(storage, "sessions/a/2") == b"%d" % won.index(True)


def test_another_workers_object_of_the_same_state_is_taken(storage: Storage) -> None:
    with pack(HEADER, []).file as first:
        put_new(storage, "sessions/a/3", first)
    packed = pack(HEADER, [])
    with packed.file:
        assert object_put("sessions/a/3", HEADER, packed).sha256 == packed.sha256


def packed_bytes(header: SnapshotHeader) -> bytes:
    with pack(header, []).file as file:
        return file.read()


@pytest.mark.parametrize("left", [b"", b"half", packed_bytes(OTHER), packed_bytes(HEADER)[:-9]])
def test_what_is_no_snapshot_of_the_state_is_neither_taken_nor_deleted(storage: Storage, left: bytes) -> None:
    put_new(storage, "sessions/a/4", io.BytesIO(left))
    packed = pack(HEADER, [])
    with packed.file, pytest.raises(SnapshotDamaged):
        object_put("sessions/a/4", HEADER, packed)
    assert content_of(storage, "sessions/a/4") == left


def test_storage_without_conditional_puts_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot put conditionally"):
        put_new(Storage(), "a", io.BytesIO(b""))


@pytest.mark.django_db(transaction=True)
def test_snapshot_is_written_and_read_back(storage: Storage) -> None:
    session = Session.objects.create(client_id="ses_one", owner_key="one")
    session_publish_sync(session_id=session.pk, updates=[Update("session/info/ses_one", "{}")])
    snapshot = snapshot_write(session_id=session.pk)
    assert snapshot is not None
    assert snapshot.state == Snapshot.State.STORED
    assert len(content_of(storage, snapshot.object_name)) == snapshot.bytes


@pytest.mark.django_db(transaction=True)
def test_two_workers_on_one_session_store_one_snapshot(storage: Storage) -> None:
    session = Session.objects.create(client_id="ses_one", owner_key="one")
    session_publish_sync(session_id=session.pk, updates=[Update("session/info/ses_one", "{}")])
    barrier = Barrier(2)

    def write(_number: int) -> Any:
        barrier.wait()
        try:
            return snapshot_write(session_id=session.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(write, range(2))
    assert first.pk == second.pk == Snapshot.objects.get().pk
    stored = Snapshot.objects.get()
    assert stored.state == Snapshot.State.STORED
    assert object_read(stored.object_name) == (stored.sha256, stored.bytes)


def test_damage_on_the_way_is_noticed(storage: Storage) -> None:
    packed = pack(HEADER, [])._replace(sha256="0" * 64)
    with packed.file, pytest.raises(SnapshotDamaged):
        object_put("sessions/a/5", HEADER, packed)

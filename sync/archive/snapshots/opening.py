"""Reads a stored snapshot: fetched whole and checked before the first entry is handed out."""

import hashlib
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import msgspec

from sync.archive.snapshots.format import IN_MEMORY_BYTES, unpack
from sync.archive.snapshots.objects import CHUNK_BYTES, SnapshotDamaged, snapshot_storage
from sync.models import Snapshot
from sync.store import SnapshotEntry


class OpenSnapshot(NamedTuple):
    """`entries` can be read once, inside the `with` block."""

    epoch: str
    seq: int
    entries: Iterator[SnapshotEntry]


@contextmanager
def snapshot_open(snapshot: Snapshot) -> Iterator[OpenSnapshot]:
    """Context manager. Raises SnapshotDamaged when the bytes differ from those stored, and the storage's errors."""
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as file:
        digest = hashlib.sha256()
        with snapshot_storage().open(snapshot.object_name) as stored:
            for chunk in stored.chunks(CHUNK_BYTES):
                digest.update(chunk)
                file.write(chunk)
        if digest.hexdigest() != snapshot.sha256:
            raise SnapshotDamaged(f"{snapshot.object_name} has another checksum than when it was stored")
        file.seek(0)
        try:
            header, entries = unpack(file)
        except (EOFError, OSError, zlib.error, msgspec.DecodeError) as error:
            raise SnapshotDamaged(f"{snapshot.object_name} cannot be read") from error
        yield OpenSnapshot(header.epoch, header.seq, entries)

"""Snapshots in object storage: names made of internal ids only, a put that is read back, removal by prefix."""

import gzip
import hashlib
import secrets
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec
from django.core.files.storage import Storage, storages

from sync.archive.snapshots.format import PackedSnapshot, SnapshotHeader, unpack
from sync.archive.snapshots.puts import put_new

ROOT: Final = "sessions"
CHUNK_BYTES: Final = 256 * 1024


class SnapshotDamaged(Exception):
    """The bytes in the storage are not those that were put."""


def snapshot_storage() -> Storage:
    return storages["snapshots"]


def session_prefix(workspace_id: str | None, session_id: int) -> str:
    """The prefix of everything that is ever stored for a session."""
    return f"{ROOT}/{workspace_id or 'none'}/{session_id}"


def object_name(workspace_id: str | None, session_id: int, epoch: str, seq: int) -> str:
    """A new name at each call, so that no name is used twice. Names sort by `seq` within an epoch."""
    return f"{session_prefix(workspace_id, session_id)}/{epoch}/{seq:020d}-{secrets.token_hex(8)}.jsonl.gz"


def prefix_of(name: str) -> str:
    """The session's prefix at the beginning of an object's name."""
    return "/".join(name.split("/")[:3])


class StoredObject(NamedTuple):
    """An object as it was read back."""

    sha256: str
    size: int


def object_put(name: str, header: SnapshotHeader, packed: PackedSnapshot) -> StoredObject:
    """Store the bytes under exactly this name, never over another object, and read them back. Raises SnapshotDamaged.

    If another worker stored the same state first, its object is used: bytes of one state differ at most by the clocks
    of equal entries. An object that is no snapshot of that state counts as damaged too; nothing is deleted here.
    """
    if put_new(snapshot_storage(), name, packed.file):
        stored = object_read(name)
        if stored.sha256 != packed.sha256:
            raise SnapshotDamaged(f"{name} reads back with another checksum")
        return stored
    if not _holds(name, header):
        raise SnapshotDamaged(f"{name} is no snapshot of the state")
    return object_read(name)


def object_read(name: str) -> StoredObject:
    """Fetch the object; its checksum and size."""
    digest, size = hashlib.sha256(), 0
    with snapshot_storage().open(name) as stored:
        for chunk in stored.chunks(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return StoredObject(digest.hexdigest(), size)


def _holds(name: str, header: SnapshotHeader) -> bool:
    """Whether the object is a complete snapshot of the state that `header` names."""
    try:
        with snapshot_storage().open(name) as stored:
            found, entries = unpack(stored)
            return found == header and sum(1 for _ in entries) == header.entries
    except (EOFError, gzip.BadGzipFile, zlib.error, msgspec.DecodeError):
        return False


def tree_delete(prefix: str) -> int:
    """Delete every object below `prefix`, including drafts of killed writers; returns how many there were."""
    storage = snapshot_storage()
    try:
        folders, names = storage.listdir(prefix)
    except FileNotFoundError:
        return 0
    removed = sum(tree_delete(f"{prefix}/{folder}") for folder in folders)
    for name in names:
        storage.delete(f"{prefix}/{name}")
    # On a file system the folder itself; object storage has no such object, and nothing happens.
    storage.delete(prefix)
    return removed + len(names)


def session_prefixes_stored() -> Iterator[tuple[int, str]]:
    """(session id, prefix) of every session that has objects."""
    storage = snapshot_storage()
    for owner in _folders(storage, ROOT):
        for session in _folders(storage, f"{ROOT}/{owner}"):
            yield int(session), f"{ROOT}/{owner}/{session}"


def _folders(storage: Storage, prefix: str) -> list[str]:
    try:
        return sorted(storage.listdir(prefix)[0])
    except FileNotFoundError:
        return []

"""Snapshots in object storage: names made of internal ids only, a put that is read back, removal by prefix."""

import hashlib
from collections.abc import Iterator

from django.core.files.base import File
from django.core.files.storage import Storage, storages

from sync.snapshots.format import PackedSnapshot

ROOT = "sessions"
CHUNK_BYTES = 256 * 1024


class SnapshotDamaged(Exception):
    """What the storage gives back is not what was put."""


def snapshot_storage() -> Storage:
    return storages["snapshots"]


def session_prefix(workspace_id: str | None, session_id: int) -> str:
    """Everything ever stored of a session lies below this."""
    return f"{ROOT}/{workspace_id or 'none'}/{session_id}"


def object_name(workspace_id: str | None, session_id: int, epoch: str, seq: int) -> str:
    """Names sort by `seq` within an epoch."""
    return f"{session_prefix(workspace_id, session_id)}/{epoch}/{seq:020d}.jsonl.gz"


def prefix_of(name: str) -> str:
    """The session's prefix that an object's name begins with."""
    return "/".join(name.split("/")[:3])


def object_put(name: str, packed: PackedSnapshot) -> None:
    """Store the bytes under exactly this name and read them back; raises SnapshotDamaged when they differ.

    What an earlier, killed attempt left under the name is replaced.
    """
    storage = snapshot_storage()
    storage.delete(name)
    stored_name = storage.save(name, File(packed.file))
    if stored_name != name:
        storage.delete(stored_name)
        raise SnapshotDamaged(f"stored as {stored_name} instead of {name}")
    digest = hashlib.sha256()
    with storage.open(name) as stored:
        for chunk in stored.chunks(CHUNK_BYTES):
            digest.update(chunk)
    if digest.hexdigest() != packed.sha256:
        raise SnapshotDamaged(f"{name} reads back with another checksum")


def tree_delete(prefix: str) -> int:
    """Delete every object below `prefix`, drafts of killed writers too; answers how many there were."""
    storage = snapshot_storage()
    try:
        folders, names = storage.listdir(prefix)
    except FileNotFoundError:
        return 0
    removed = sum(tree_delete(f"{prefix}/{folder}") for folder in folders)
    for name in names:
        storage.delete(f"{prefix}/{name}")
    # On files the folder itself; elsewhere there is no such object and nothing happens.
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

"""Snapshots of sessions: how one is read, packed and kept as an object; `writing` and `sweep` hold the workflow."""

from sync.archive.snapshots.format import FORMAT, PackedSnapshot, SnapshotEntry, SnapshotHeader, pack, unpack
from sync.archive.snapshots.objects import (
    SnapshotDamaged,
    StoredObject,
    object_name,
    object_put,
    object_read,
    prefix_of,
    session_prefix,
    session_prefixes_stored,
    snapshot_storage,
    tree_delete,
)
from sync.archive.snapshots.opening import OpenSnapshot, snapshot_open
from sync.archive.snapshots.retention import Retention, kept_snapshots
from sync.store import WholeState, read_whole

__all__ = [
    "FORMAT",
    "OpenSnapshot",
    "PackedSnapshot",
    "Retention",
    "SnapshotDamaged",
    "SnapshotEntry",
    "SnapshotHeader",
    "StoredObject",
    "WholeState",
    "kept_snapshots",
    "object_name",
    "object_put",
    "object_read",
    "pack",
    "prefix_of",
    "read_whole",
    "session_prefix",
    "session_prefixes_stored",
    "snapshot_open",
    "snapshot_storage",
    "tree_delete",
    "unpack",
]

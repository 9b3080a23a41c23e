"""Snapshots of sessions: reading, packing and storing one; the workflow is in `writing` and `sweep`."""

from sync.archive.snapshots.format import FORMAT, PackedSnapshot, SnapshotHeader, pack, unpack
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

__all__ = [
    "FORMAT",
    "OpenSnapshot",
    "PackedSnapshot",
    "Retention",
    "SnapshotDamaged",
    "SnapshotHeader",
    "StoredObject",
    "kept_snapshots",
    "object_name",
    "object_put",
    "object_read",
    "pack",
    "prefix_of",
    "session_prefix",
    "session_prefixes_stored",
    "snapshot_open",
    "snapshot_storage",
    "tree_delete",
    "unpack",
]

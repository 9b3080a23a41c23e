"""Snapshots of sessions: how one is read, packed and kept as an object. Workflow is in `sync.services.snapshots`."""

from sync.snapshots.format import FORMAT, PackedSnapshot, SnapshotEntry, SnapshotHeader, pack, unpack
from sync.snapshots.objects import (
    SnapshotDamaged,
    object_name,
    object_put,
    prefix_of,
    session_prefix,
    session_prefixes_stored,
    snapshot_storage,
    tree_delete,
)
from sync.snapshots.reading import WholeState, read_whole

__all__ = [
    "FORMAT",
    "PackedSnapshot",
    "SnapshotDamaged",
    "SnapshotEntry",
    "SnapshotHeader",
    "WholeState",
    "object_name",
    "object_put",
    "pack",
    "prefix_of",
    "read_whole",
    "session_prefix",
    "session_prefixes_stored",
    "snapshot_storage",
    "tree_delete",
    "unpack",
]

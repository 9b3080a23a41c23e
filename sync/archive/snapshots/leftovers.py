"""Objects that are still in object storage below a prefix."""

from sync.archive.snapshots.objects import snapshot_storage


def objects_left(prefix: str) -> int:
    """How many objects there are below `prefix`, including drafts of killed writers."""
    try:
        folders, names = snapshot_storage().listdir(prefix)
    except FileNotFoundError:
        return 0
    return len(names) + sum(objects_left(f"{prefix}/{folder}") for folder in folders)

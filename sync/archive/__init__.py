"""The life of sessions at rest: snapshots, cooling and warming, restore, erasure, compaction, verification; and what is
counted of them afterwards: turns, reported costs.

The door: services, sweeps and reads by name; the packages inside are for this room only.
"""

from sync.archive.backfilling import SearchBackfill, search_backfill
from sync.archive.cold import READ_ATTEMPTS, WARM_SECONDS, read_warm, session_warm, warm_begin
from sync.archive.cold.cooling import Cooling, session_cool
from sync.archive.cold.holding import items_hold
from sync.archive.cold.listing import cold_session_ids, idle_session_ids
from sync.archive.cold.sweep import held_sessions_warm, sessions_cool_idle
from sync.archive.erasure.confirming import Leftovers, deletion_objects_remove, deletion_verify, deletions_confirm
from sync.archive.erasure.erasing import session_erase, workspace_sessions_erase
from sync.archive.erasure.receipts import rows_left, workspace_receipts
from sync.archive.operations import operations_purge
from sync.archive.reported import Report, reported_roll_up_due, session_report, unreported_session_ids
from sync.archive.restoring import Restoration, restoration_rehearse, session_restore
from sync.archive.searching import session_index
from sync.archive.snapshots import SnapshotDamaged, session_prefix, snapshot_open, snapshot_storage
from sync.archive.snapshots.leftovers import objects_left
from sync.archive.snapshots.listing import latest_snapshot, snapshot_delays, snapshot_lag_seconds, stored_snapshots
from sync.archive.snapshots.sweep import snapshots_prune_idle, snapshots_remove_orphans, snapshots_write_due
from sync.archive.turns import turns_fill
from sync.archive.verification import Verification, session_ids_after, session_verify

__all__ = [
    "READ_ATTEMPTS",
    "WARM_SECONDS",
    "Cooling",
    "Leftovers",
    "Report",
    "Restoration",
    "SearchBackfill",
    "SnapshotDamaged",
    "Verification",
    "cold_session_ids",
    "deletion_objects_remove",
    "deletion_verify",
    "deletions_confirm",
    "held_sessions_warm",
    "idle_session_ids",
    "items_hold",
    "latest_snapshot",
    "objects_left",
    "operations_purge",
    "read_warm",
    "reported_roll_up_due",
    "restoration_rehearse",
    "rows_left",
    "search_backfill",
    "session_cool",
    "session_erase",
    "session_ids_after",
    "session_index",
    "session_prefix",
    "session_report",
    "session_restore",
    "session_verify",
    "session_warm",
    "sessions_cool_idle",
    "snapshot_delays",
    "snapshot_lag_seconds",
    "snapshot_open",
    "snapshot_storage",
    "snapshots_prune_idle",
    "snapshots_remove_orphans",
    "snapshots_write_due",
    "stored_snapshots",
    "turns_fill",
    "unreported_session_ids",
    "warm_begin",
    "workspace_receipts",
    "workspace_sessions_erase",
]

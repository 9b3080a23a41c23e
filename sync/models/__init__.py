"""Sessions, their shares, entries, turns, operations, snapshots, and what waits to be done to them.

The database is the truth. Hot reads and writes do not pass the models: they are in `sync.store`.
"""

from sync.models.links import DEFAULT_LINK_DAYS, LinkDay, SharePolicy
from sync.models.search import SearchCleaning, SessionSearch
from sync.models.sessions import (
    SHARE_ID_BITS,
    DeletionReceipt,
    Operation,
    Session,
    SessionEntry,
    Share,
    ShareClaim,
    Snapshot,
    SocketTicket,
    first_check,
    new_epoch,
    new_receipt_id,
    new_share_id,
)
from sync.models.turns import Turn
from sync.models.waiting import EntryRemoval, HeldItem, RemovedMessage

__all__ = [
    "DEFAULT_LINK_DAYS",
    "SHARE_ID_BITS",
    "DeletionReceipt",
    "EntryRemoval",
    "HeldItem",
    "LinkDay",
    "Operation",
    "RemovedMessage",
    "SearchCleaning",
    "Session",
    "SessionEntry",
    "SessionSearch",
    "Share",
    "ShareClaim",
    "SharePolicy",
    "Snapshot",
    "SocketTicket",
    "Turn",
    "first_check",
    "new_epoch",
    "new_receipt_id",
    "new_share_id",
]

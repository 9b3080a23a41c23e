"""Live state: sessions, their shares, entries, turns, operations and snapshots. The database is the truth."""

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
    "SHARE_ID_BITS",
    "DeletionReceipt",
    "EntryRemoval",
    "HeldItem",
    "Operation",
    "RemovedMessage",
    "Session",
    "SessionEntry",
    "Share",
    "ShareClaim",
    "Snapshot",
    "SocketTicket",
    "Turn",
    "first_check",
    "new_epoch",
    "new_receipt_id",
    "new_share_id",
]

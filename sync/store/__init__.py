"""The hot SQL: reads and writes of sessions, entries and turns, in as few statements as possible.

The door: reads of a state, a page, a whole session, its turns and the lists; `writes` and `turns.change_turns` are the
writer's alone.
"""

from sync.store.doing import read_doing
from sync.store.makers import SessionMaker, maker_of, makers_forget
from sync.store.reads import SessionIsCold, StateRead, StateRow, read_entries, read_state
from sync.store.sessions import SESSIONS, SessionRow, matching_sessions, session_page
from sync.store.states import patience, state_of, with_state
from sync.store.stream import Piece, read_piece
from sync.store.turns import (
    LOOKED,
    Failures,
    TurnRow,
    read_failed_turns,
    read_failures,
    read_newest_turns,
    read_turns,
    replace_turns,
)
from sync.store.whole import SnapshotEntry, WholeState, read_whole
from sync.store.window import read_turn_parts, read_window
from sync.store.windowrows import EntryPosition, Window, WindowRow
from sync.store.writes import (
    EntryWrite,
    HeadWrite,
    LockedSession,
    OperationWrite,
    RankWrite,
    StoredEntry,
    upsert_entries,
)

__all__ = [
    "LOOKED",
    "SESSIONS",
    "EntryPosition",
    "EntryWrite",
    "Failures",
    "HeadWrite",
    "LockedSession",
    "OperationWrite",
    "Piece",
    "RankWrite",
    "SessionIsCold",
    "SessionMaker",
    "SessionRow",
    "SnapshotEntry",
    "StateRead",
    "StateRow",
    "StoredEntry",
    "TurnRow",
    "WholeState",
    "Window",
    "WindowRow",
    "maker_of",
    "makers_forget",
    "matching_sessions",
    "patience",
    "read_doing",
    "read_entries",
    "read_failed_turns",
    "read_failures",
    "read_newest_turns",
    "read_piece",
    "read_state",
    "read_turn_parts",
    "read_turns",
    "read_whole",
    "read_window",
    "replace_turns",
    "session_page",
    "state_of",
    "upsert_entries",
    "with_state",
]

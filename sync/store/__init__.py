"""The hot SQL, through Django's connection: state reads for hubs and pages, and the writes of one commit.

Two dialects (SQLite, MySQL/MariaDB), both tested. Everything that is not hot uses the ORM.
"""

from sync.store.reads import SessionIsCold, StateRead, StateRow, read_entries, read_state

__all__ = ["SessionIsCold", "StateRead", "StateRow", "read_entries", "read_state"]

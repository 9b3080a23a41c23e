"""Full-text search over sessions' contents: a document of distinct words a session, in the database's own engine.

The door: `session_words` makes a document, `index_write` keeps it, `sessions_find` finds sessions, `index_clean` takes
out what the engine keeps of deleted ones.
"""

from sync.search.cleaning import index_clean, is_cleaned_since
from sync.search.document import SessionDocument, session_words
from sync.search.index import Found, index_is_made, index_write, is_indexed, sessions_find, unindexed_sessions

__all__ = [
    "Found",
    "SessionDocument",
    "index_clean",
    "index_is_made",
    "index_write",
    "is_cleaned_since",
    "is_indexed",
    "session_words",
    "sessions_find",
    "unindexed_sessions",
]

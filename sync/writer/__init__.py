"""The group-commit writer: gathers the waiting publishes of all sessions and commits them in one transaction.

The door: `Writer` and `Publish` for the runtime, `commit_publishes` and `commit_within` for commands and workers,
`removals_audit` for the sweep that tells the audit log who removed entries.
"""

from sync.writer.commit import commit_publishes, commit_within
from sync.writer.limits import write_limits
from sync.writer.publish import Publish, SessionCommit
from sync.writer.queue import Writer
from sync.writer.removalaudit import removals_audit

__all__ = [
    "Publish",
    "SessionCommit",
    "Writer",
    "commit_publishes",
    "commit_within",
    "removals_audit",
    "write_limits",
]

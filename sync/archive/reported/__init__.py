"""Rolls up what the messages of sessions report of their costs, from due-marks; and back-fills old sessions.

The door: `reported_roll_up_due` for the worker; `session_report` and `unreported_session_ids` for the command.
"""

from sync.archive.reported.recording import Report, session_report
from sync.archive.reported.sweep import reported_roll_up_due, unreported_session_ids

__all__ = ["Report", "reported_roll_up_due", "session_report", "unreported_session_ids"]

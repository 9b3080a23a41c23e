"""Facts: sent after the commit that made them true. Receivers get ids only and must tolerate a repeat."""

from django.dispatch import Signal

mail_stored = Signal()
"""mail_id: a mail that waits to be delivered"""

device_revoked = Signal()
"""device_id, user_id"""

session_ended = Signal()
"""session_id: the id of a browser session (`UserSession`) that is signed out"""

account_closed = Signal()
"""user_id: whose account was closed; they are signed out everywhere and their keys and devices stop working"""

export_waiting = Signal()
"""export_id: an export that waits to be made"""

"""Facts: sent after the commit that made them true. Receivers get ids only and must tolerate a repeat."""

from django.dispatch import Signal

membership_removed = Signal()
"""membership_id, workspace_id, user_id"""

api_key_revoked = Signal()
"""key_id, workspace_id"""

share_token_revoked = Signal()
"""token_id, workspace_id"""

workspace_closed = Signal()
"""workspace_id: it was deleted or blocked, and is closed to people and programs"""

"""Facts of session sync, sent after the commit that made them true, in the thread that committed."""

from django.dispatch import Signal

session_erased = Signal()
"""A session's rows are gone. Arguments: `session_id` (int), `epoch` (str), `object_names` (its snapshots' objects),
`receipt_id` (str)."""

share_masking_changed = Signal()
"""A share's readers see something else from now on. Arguments: `share_id` (str), `session_id` (int), `masks_secrets`
(bool)."""

share_ended = Signal()
"""A share no longer leads to a session. Arguments: `share_id` (str), `session_id` (int)."""

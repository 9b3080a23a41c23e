"""Facts: sent after the commit that made them true."""

from django.dispatch import Signal

models_changed = Signal()
"""workspace_id, "" for the host: its credentials, models or policies are others now"""

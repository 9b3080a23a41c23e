"""What webhooks are told and how it is signed; the acts and the sending are services above (`webhook_…`).

The door: `webhook_event` where something happens, and the list of events.
"""

from workspaces.webhooks.emitting import deliveries_queue, webhook_event
from workspaces.webhooks.events import EVENTS, INVITATION_ACCEPTED, SESSION_SHARED, TEST

__all__ = ["EVENTS", "INVITATION_ACCEPTED", "SESSION_SHARED", "TEST", "deliveries_queue", "webhook_event"]

"""What webhooks are told and how it is signed; the acts and the sending are services above (`webhook_…`).

The door: `webhook_event` where something happens, and the list of events.
"""

from workspaces.webhooks.emitting import deliveries_queue, webhook_event
from workspaces.webhooks.events import (
    ASK_WAITING,
    BALANCE_REACHED,
    BUDGET_REACHED,
    EVENTS,
    INVITATION_ACCEPTED,
    LIMIT_REACHED,
    SESSION_SHARED,
    TEST,
    TOPUP_CREDITED,
    TOPUP_PAUSED,
    TOPUP_TAKEN_BACK,
    USAGE_CARRIED,
    USAGE_QUARANTINED,
)

__all__ = [
    "ASK_WAITING",
    "BALANCE_REACHED",
    "BUDGET_REACHED",
    "EVENTS",
    "INVITATION_ACCEPTED",
    "LIMIT_REACHED",
    "SESSION_SHARED",
    "TEST",
    "TOPUP_CREDITED",
    "TOPUP_PAUSED",
    "TOPUP_TAKEN_BACK",
    "USAGE_CARRIED",
    "USAGE_QUARANTINED",
    "deliveries_queue",
    "webhook_event",
]

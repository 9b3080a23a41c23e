"""The list of events, which docs/webhooks.md explains with their fields; names never change."""

from collections.abc import Mapping
from typing import Final

INVITATION_ACCEPTED: Final = "invitation.accepted"
SESSION_SHARED: Final = "session.shared"
BUDGET_REACHED: Final = "budget.threshold_reached"
LIMIT_REACHED: Final = "limit.threshold_reached"
BALANCE_REACHED: Final = "balance.threshold_reached"
TOPUP_CREDITED: Final = "topup.credited"
TOPUP_TAKEN_BACK: Final = "topup.taken_back"
TOPUP_PAUSED: Final = "topup.paused"
USAGE_CARRIED: Final = "usage.carried"
USAGE_QUARANTINED: Final = "usage.quarantined"
ASK_WAITING: Final = "ask.waiting"
TEST: Final = "webhook.test"

EVENTS: Final[Mapping[str, str]] = {
    INVITATION_ACCEPTED: "An invitation was accepted",
    SESSION_SHARED: "A link to a session was created",
    BUDGET_REACHED: "50, 80 or 100 % of the monthly budget is used",
    LIMIT_REACHED: "50, 80 or 100 % of a member's or key's monthly limit is used",
    BALANCE_REACHED: "50, 80 or 100 % of the prepaid balance is used",
    TOPUP_CREDITED: "A top-up was paid and credited",
    TOPUP_TAKEN_BACK: "A refund or a dispute took credit back, or gave it back",
    TOPUP_PAUSED: "The saved card was not charged, and is not tried again by itself",
    USAGE_CARRIED: "The host carries what a request cost beyond its bounds",
    USAGE_QUARANTINED: "Usage could not be priced",
    ASK_WAITING: "An agent waits for its person",
}
"""What an endpoint can be told, with the words of the form. `TEST` is sent by hand, to any."""

"""The list of events, which docs/webhooks.md explains with their fields; names never change."""

from collections.abc import Mapping
from typing import Final

INVITATION_ACCEPTED: Final = "invitation.accepted"
SESSION_SHARED: Final = "session.shared"
TEST: Final = "webhook.test"

EVENTS: Final[Mapping[str, str]] = {
    INVITATION_ACCEPTED: "An invitation was accepted",
    SESSION_SHARED: "A link to a session was created",
}
"""What an endpoint can be told, with the words of the form. `TEST` is sent by hand, to any."""

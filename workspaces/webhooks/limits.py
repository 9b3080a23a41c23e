"""How many endpoints and deliveries there may be, how long each attempt takes, and when the next one follows."""

from datetime import timedelta
from typing import Final

ENDPOINT_LIMIT: Final = 20
WAITING_LIMIT: Final = 1_000
ATTEMPT_SECONDS: Final = 10
PAUSES: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
)
"""After the attempt that follows the last pause, some 32 hours after the event, it is given up."""
OFF_AFTER: Final = timedelta(days=5)
"""An endpoint that took nothing for so long is turned off."""
KEPT: Final = timedelta(days=30)
FORMER_SECRET_KEPT: Final = timedelta(hours=24)

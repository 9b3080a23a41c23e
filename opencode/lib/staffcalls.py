"""What support staff want done and why, as they said it in Django's admin."""

from dataclasses import dataclass
from typing import Final

REASON_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True)
class StaffCall:
    """Who of the staff, their reason, which customers read in their audit logs, from where and on which request."""

    staff_id: str
    reason: str
    ip: str | None = None
    request_id: str = ""

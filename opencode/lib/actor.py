"""Who acts: a person, a person's device, a key, support staff, or the console itself.

Services that write take one. The audit log writes it down as it stands; rights are looked up by the person in it.
"""

from dataclasses import dataclass
from typing import Final

PERSON: Final = "person"
KEY: Final = "key"
DEVICE: Final = "device"
STAFF: Final = "staff"
SYSTEM: Final = "system"
KINDS: Final = (PERSON, KEY, DEVICE, STAFF, SYSTEM)

REASON_CHARACTERS: Final = 200
"""The longest reason staff and operators can give."""


@dataclass(frozen=True, slots=True)
class Actor:
    """`id` is the person's, device's or key's id, empty for the console itself; `ip` and `request_id` where known.

    `reason` is what staff and operators gave for the act; it stands in the audit entry's details, where customers read
    it. For a program without a device `id` is that of what it showed: an API key, a share token, or the share whose
    secret it has. `owner_id` is the id of the person whose device or key it is, empty for what belongs to nobody.
    """

    kind: str
    id: str = ""
    ip: str | None = None
    request_id: str = ""
    reason: str = ""
    owner_id: str = ""

    @property
    def person_id(self) -> str | None:
        """The id of the person who acts or whose device or key acts; None for staff, the console and nobody's keys."""
        return (self.id if self.kind == PERSON else self.owner_id) or None

    @property
    def device_id(self) -> str:
        """The id of the device that acts; empty where none does."""
        return self.id if self.kind == DEVICE else ""


THE_CONSOLE: Final = Actor(SYSTEM)
"""Schedules, migrations, and commands an operator runs."""

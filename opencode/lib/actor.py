"""Who acts: a person, a person's device, a key, support staff, or the console itself.

Services that write take an actor. The audit log records it unchanged; rights are looked up by its person.
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
"""The longest reason staff and operators can give, in characters."""


@dataclass(frozen=True, slots=True)
class Actor:
    """`id` is the person's, device's or key's id, empty for the console itself; `ip` and `request_id` where known.

    `reason` is what staff and operators gave for the act; the audit entry's details show it to customers. For a program
    without a device, `id` is that of what it authenticated with: an API key, a share token, or the share whose secret
    it has. `owner_id` is the id of the person whose device or key it is, empty when there is no such person.
    """

    kind: str
    id: str = ""
    ip: str | None = None
    request_id: str = ""
    reason: str = ""
    owner_id: str = ""

    @property
    def person_id(self) -> str | None:
        """The id of the person who acts or whose device or key acts; None for staff, the console and other keys."""
        return (self.id if self.kind == PERSON else self.owner_id) or None

    @property
    def device_id(self) -> str:
        """The id of the device that acts; empty when the actor is no device."""
        return self.id if self.kind == DEVICE else ""


THE_CONSOLE: Final = Actor(SYSTEM)
"""The console itself: schedules, migrations, and operators' commands."""

"""Who acts, for the audit log: a person, a program with a key or a device, support staff, or the console itself."""

from dataclasses import dataclass
from typing import Final

PERSON: Final = "person"
KEY: Final = "key"
DEVICE: Final = "device"
STAFF: Final = "staff"
SYSTEM: Final = "system"
KINDS: Final = (PERSON, KEY, DEVICE, STAFF, SYSTEM)


@dataclass(frozen=True, slots=True)
class Actor:
    """`id` is the person's, key's or device's id, empty for the console itself; `ip` and `request_id` where known."""

    kind: str
    id: str = ""
    ip: str | None = None
    request_id: str = ""


THE_CONSOLE: Final = Actor(SYSTEM)
"""Schedules, migrations, and commands an operator runs."""

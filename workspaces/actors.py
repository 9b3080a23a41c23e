"""Who acts, for the audit log: a person, a program with a key or a device, support staff, or the console itself."""

from dataclasses import dataclass
from typing import Final

from opencode.lib.staffcalls import StaffCall

PERSON: Final = "person"
KEY: Final = "key"
DEVICE: Final = "device"
STAFF: Final = "staff"
SYSTEM: Final = "system"
KINDS: Final = (PERSON, KEY, DEVICE, STAFF, SYSTEM)


@dataclass(frozen=True, slots=True)
class Actor:
    """`id` is the person's, device's or key's id, empty for the console itself; `ip` and `request_id` where known.

    `reason` is what staff and operators gave for the act; it stands in the entry's details.
    For a program it is the id of what it showed: an API key, a share token, or the share whose secret it has.
    """

    kind: str
    id: str = ""
    ip: str | None = None
    request_id: str = ""
    reason: str = ""


THE_CONSOLE: Final = Actor(SYSTEM)
"""Schedules, migrations, and commands an operator runs."""


def staff_actor(call: StaffCall) -> Actor:
    return Actor(STAFF, call.staff_id, call.ip, call.request_id, call.reason)

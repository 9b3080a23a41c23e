"""What accounts needs of the apps above it."""

from dataclasses import dataclass

from opencode.lib.ports import Port

person_welcome: Port[[str], None] = Port("person_welcome")
"""Gives the person with this id, whose address was just verified, what everybody starts with. A repeat adds nothing."""


@dataclass(frozen=True, slots=True)
class DeviceAct:
    """What happened to a person's device. `is_consoles`: the console did it by itself, not the person."""

    action: str
    device_id: str
    user_id: str
    ip: str | None = None
    request_id: str = ""
    is_consoles: bool = False


device_act_record: Port[[DeviceAct], None] = Port("device_act_record")
"""Writes the act into the audit log of every workspace of the person, inside the transaction of the act."""

invitation_open_for: Port[[str], bool] = Port("invitation_open_for", default=lambda _email: False)
"""Whether somebody invited this (folded) address and the invitation still stands: it lets a stranger sign up."""

"""What accounts needs of the apps above it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from opencode.lib.ports import Port
from opencode.lib.staffcalls import StaffCall

person_welcome: Port[[str], None] = Port("person_welcome")
"""Gives the person with this id, whose address was just verified, what everybody starts with. A repeat adds nothing."""


@dataclass(frozen=True, slots=True)
class DeviceAct:
    """What happened to a person's device: by the person, by `staff`, or, with `is_consoles`, by the console itself."""

    action: str
    device_id: str
    user_id: str
    ip: str | None = None
    request_id: str = ""
    is_consoles: bool = False
    staff: StaffCall | None = None


device_act_record: Port[[DeviceAct], None] = Port("device_act_record")
"""Writes the act into the audit log of every workspace of the person, inside the transaction of the act."""


@dataclass(frozen=True, slots=True)
class PersonAct:
    """What was done to a person: by `staff`, or, without one, by an operator's command for this `reason`."""

    action: str
    user_id: str
    staff: StaffCall | None = None
    reason: str = ""


person_act_record: Port[[PersonAct], None] = Port("person_act_record")
"""Writes the act into the audit log of every workspace of the person, inside the transaction of the act."""

person_places_lock: Port[[str], None] = Port("person_places_lock")
"""Locks the workspaces of the person with this id, in the order in which all lock them, before the person's own row."""

invitation_open_for: Port[[str], bool] = Port("invitation_open_for", default=lambda _email: False)
"""Whether somebody invited this (folded) address and the invitation still stands: it lets a stranger sign up."""


@dataclass(frozen=True, slots=True)
class Place:
    """A workspace, as the pages of an account name it."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class AccountHolds:
    """`needed`: workspaces with other people whose last owner the person is. `alone`: those nobody else belongs to."""

    needed: tuple[Place, ...] = ()
    alone: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountAct:
    """The person who acts on their own account, from where and on which request."""

    user_id: str
    ip: str | None = None
    request_id: str = ""


account_holds: Port[[str], AccountHolds] = Port("account_holds")
"""What stands in the way of closing the account of the person with this id, and what would go along."""

account_close: Port[[AccountAct], AccountHolds] = Port("account_close")
"""Inside the transaction that closes the account: locks the person's workspaces and, where none is `needed`, deletes
those nobody else belongs to. Answers what it found."""

account_reopen: Port[[AccountAct], None] = Port("account_reopen")
"""Inside the transaction that takes the deletion back: restores the workspaces that went along."""

account_keys_revoke: Port[[str, datetime], None] = Port("account_keys_revoke")
"""Inside the transaction that gives the account of the person with this id back to its mailbox: ends their API keys
and what service keys they made since that time."""

account_forget: Port[[str, frozenset[str]], None] = Port("account_forget")
"""Inside the transaction that purges the account of the person with this id and these addresses: ends their
memberships and removes their addresses from where the apps above keep any."""


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """`chunks` are read once, in order."""

    path: str
    chunks: Iterable[bytes]


@dataclass(frozen=True, slots=True)
class ExportPart:
    """Some files of an export: `title` for the person who waits, `count` of how many files to measure progress by."""

    title: str
    count: int
    files: Iterable[ExportedFile]


export_parts: Port[[str, str], Sequence[ExportPart]] = Port("export_parts")
"""Everything to export for the person with this id; with a second, a workspace's id, everything of that workspace."""

export_allowed: Port[[str, str], bool] = Port("export_allowed")
"""Whether the person with the first id may have the data of the workspace with the second."""

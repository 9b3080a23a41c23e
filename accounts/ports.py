"""What accounts needs of the apps above it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from opencode.lib.actor import Actor
from opencode.lib.ports import Port

person_welcome: Port[[str], None] = Port("person_welcome")
"""Gives the person with this id, whose address was just verified, what everybody starts with. A repeat adds nothing."""


@dataclass(frozen=True, slots=True)
class DeviceAct:
    """What `actor` did to a person's device: the person, staff, or the console itself."""

    action: str
    device_id: str
    user_id: str
    actor: Actor


device_act_record: Port[[DeviceAct], None] = Port("device_act_record")
"""Writes the act into the audit log of every workspace of the person, inside the transaction of the act."""


@dataclass(frozen=True, slots=True)
class PersonAct:
    """What `actor` did to a person, with a reason: staff, or the console by an operator's command."""

    action: str
    user_id: str
    actor: Actor


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


account_holds: Port[[str], AccountHolds] = Port("account_holds")
"""What stands in the way of closing the account of the person with this id, and what would go along."""

account_close: Port[[Actor], AccountHolds] = Port("account_close")
"""Inside the transaction that closes the account of the person who acts: locks their workspaces and, where none is
`needed`, deletes those nobody else belongs to. Answers what it found."""

account_reopen: Port[[Actor], None] = Port("account_reopen")
"""Inside the transaction in which the person who acts takes the deletion back: restores what workspaces went along."""

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

"""Functions that accounts needs from the apps above it."""

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
"""Locks the workspaces of the person with this id, in the common order, before the person's own row."""

invitation_open_for: Port[[str], bool] = Port("invitation_open_for", default=lambda _email: False)
"""Whether there is an open invitation to this (folded) address, which lets a stranger sign up."""


@dataclass(frozen=True, slots=True)
class NamedWorkspace:
    """A workspace, as the pages of an account name it."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class AccountHolds:
    """What closing an account affects.

    `needed`: workspaces with other members whose last owner the person is. `alone`: those without other members.
    """

    needed: tuple[NamedWorkspace, ...] = ()
    alone: tuple[NamedWorkspace, ...] = ()


account_holds: Port[[str], AccountHolds] = Port("account_holds")
"""What prevents closing the account of the person with this id, and which workspaces would be deleted with it."""

account_close: Port[[Actor], AccountHolds] = Port("account_close")
"""Deletes what goes with an account; called inside the transaction that closes it, for the acting person.

Locks the person's workspaces and, where none is `needed`, deletes those without other members. Returns what it found.
"""

account_reopen: Port[[Actor], None] = Port("account_reopen")
"""Restores the workspaces deleted with the acting person's account, inside the transaction that restores it."""

account_keys_revoke: Port[[str, datetime], None] = Port("account_keys_revoke")
"""Revokes API keys inside the transaction that returns the account to its old mailbox.

Takes the person's id and a time: ends their own API keys, and the service keys they made since that time.
"""

account_erase: Port[[str, frozenset[str]], None] = Port("account_erase")
"""Erases the person with this id and these addresses, inside the transaction that purges their account.

Ends their memberships and removes their addresses wherever the apps above store them.
"""


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

"""What ends soon and what waits for others: keys and links near their end, invitations that nobody has answered."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sync.models import Share
from sync.sharing import links_expiring
from workspaces.access import WorkspaceAccess
from workspaces.models import APIKey, Invitation
from workspaces.selectors.credentials import api_keys, live
from workspaces.selectors.invitations import invitations, open_ones

SHOWN: Final = 5
SOON: Final = timedelta(days=14)
LINKS_SOON: Final = timedelta(days=2)
"""Of links, which live a week unless their maker says otherwise."""


@dataclass(frozen=True, slots=True)
class Reminders:
    keys: tuple[APIKey, ...]
    links: tuple[Share, ...]
    invitations: tuple[Invitation, ...]


def reminders_of(access: WorkspaceAccess, now: datetime) -> Reminders:
    """Three reads: the person's keys, or everybody's, as the role has it; invitations for those who manage them."""
    only_of = None if access.can("key.manage_all") else access.user
    keys = live(api_keys(access.workspace, only_of=only_of)).filter(expires_at__lte=now + SOON)
    waiting = open_ones(invitations(access.workspace), now=now).order_by("expires_at")
    return Reminders(
        keys=tuple(keys.order_by("expires_at")[:SHOWN]),
        links=tuple(links_expiring(access.workspace, before=now + LINKS_SOON, at_most=SHOWN)),
        invitations=tuple(waiting[:SHOWN]) if access.can("member.manage") else (),
    )

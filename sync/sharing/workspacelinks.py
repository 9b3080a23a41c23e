"""All live links of a workspace, as its Links page shows them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import QuerySet

from opencode.lib.paging import Place
from sync.models import Share
from sync.sharing.openings import NOT_OPENED, LinkUse, links_used
from sync.sharing.selectors import SHARES, live_shares
from workspaces.models import Workspace

COUNTED: Final = 1000
"""Up to how many links are counted exactly."""
LOOKED_AT: Final = 200
"""Among how many links those that expire are looked for: there is no index by that time."""


@dataclass(frozen=True, slots=True)
class ListedLink:
    """A live link with what it was used for so far."""

    share: Share
    use: LinkUse

    @property
    def owner(self) -> str:
        """The person who made it; for an agent without one what it showed."""
        person = self.share.created_by
        if person is not None:
            return person.display_name
        return self.share.session.made_with_name or ("An agent" if self.share.is_agents else "Former member")


@dataclass(frozen=True, slots=True)
class LinkPage:
    """Some of the links, the newest first; `next` is the cursor of the next page, None at the end."""

    rows: list[ListedLink]
    next: str | None


def workspace_links(workspace: Workspace, *, is_agents: bool) -> QuerySet[Share]:
    """The live links that agents made, or those that people made."""
    rows = live_shares().filter(workspace=workspace, is_agents=is_agents)
    return rows.select_related("session", "created_by")


def links_page(workspace: Workspace, *, is_agents: bool, place: Place | None) -> LinkPage:
    """One page of them, with their openings; two queries."""
    page = SHARES.page(workspace_links(workspace, is_agents=is_agents), place)
    used = links_used([share.pk for share in page.rows])
    return LinkPage([ListedLink(share, used.get(share.pk, NOT_OPENED)) for share in page.rows], page.next)


def links_expiring(workspace: Workspace, *, before: datetime, at_most: int) -> list[Share]:
    """Live links by people that expire before then, the soonest first; of the LOOKED_AT made last."""
    newest = workspace_links(workspace, is_agents=False).order_by("-created_at", "id")[:LOOKED_AT]
    expiring = [share for share in newest if share.expires_at is not None and share.expires_at <= before]
    return sorted(expiring, key=lambda share: share.expires_at or before)[:at_most]


def links_count(workspace: Workspace, *, is_agents: bool) -> int:
    """How many there are; COUNTED + 1 stands for any number above COUNTED."""
    return workspace_links(workspace, is_agents=is_agents).order_by()[: COUNTED + 1].count()


def links_named(workspace: Workspace, share_ids: Collection[str]) -> list[Share]:
    """The live links with these ids, of this workspace."""
    rows = live_shares().filter(workspace=workspace, pk__in=share_ids)
    return list(rows.select_related("session", "created_by").order_by("-created_at", "id"))

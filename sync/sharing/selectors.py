"""Which session a share leads to, and which share a session has."""

from datetime import datetime
from typing import Final, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet

from opencode.lib.clock import utc_now
from opencode.lib.paging import Keyset, by_id, by_moment
from sync.models import Share
from workspaces.models import Membership

SHARES: Final = Keyset(by_moment("created_at", is_descending=True), by_id("id"))
"""The newest first."""


class ShareTarget(NamedTuple):
    """A live share and the session behind it; `workspace_id` is None for a session without an owner."""

    share_id: str
    session_id: int
    client_id: str
    workspace_id: str | None
    has_writer: bool = True
    """Whether the secret alone may write: the device that made the share, if one did, still may."""
    cold_at: datetime | None = None


def live_shares() -> QuerySet[Share]:
    """Shares that lead somewhere: neither revoked nor expired, of no deleted or blocked workspace."""
    unexpired = Q(expires_at=None) | Q(expires_at__gt=utc_now())
    kept = Q(session__workspace=None) | Q(session__workspace__deleted_at=None, session__workspace__blocked_at=None)
    return Share.objects.filter(unexpired, kept, revoked_at=None)


def share_target(share_id: str) -> ShareTarget | None:
    """Where a live share leads, in one indexed read."""
    row = (
        live_shares()
        .filter(id=share_id)
        .order_by()
        .annotate(has_writer=Q(device_id="") | Exists(_makers()))
        .values_list(
            "id", "session_id", "session__client_id", "session__workspace_id", "has_writer", "session__cold_at"
        )
        .first()
    )
    return ShareTarget(*row) if row is not None else None


def share_state(share: Share) -> str:
    """`live`, `ended` (by somebody) or `expired` (by itself)."""
    if share.revoked_at is not None:
        return "ended"
    return "expired" if share.expires_at is not None and share.expires_at <= utc_now() else "live"


def maker_of(share: Share) -> Membership | None:
    """The place in the share's workspace of the person whose device made it, while both last."""
    return Membership.objects.filter(
        workspace=share.session.workspace_id,
        user__is_active=True,
        user__devices__id=share.device_id,
        user__devices__revoked_at=None,
    ).first()


def _makers() -> QuerySet[Membership]:
    """`maker_of` for the share of an outer query."""
    return Membership.objects.filter(
        workspace=OuterRef("session__workspace_id"),
        user__is_active=True,
        user__devices__id=OuterRef("device_id"),
        user__devices__revoked_at=None,
    )


def agents_share(owner_key: str, client_id: str, device_id: str = "") -> Share | None:
    """The live share an agent gets again for its session: the first of its own that does not expire by itself.

    Agents that are signed in have shares of their own each, as the secret ends with the device.
    """
    return (
        live_shares()
        .select_related("session")
        .filter(session__owner_key=owner_key, session__client_id=client_id, is_agents=True, expires_at=None)
        .filter(device_id=device_id)
        .order_by("created_at", "id")
        .first()
    )

"""Which shares are live, by the one rule; what became of the others; whose agent made one."""

from typing import Final

from django.db.models import Q, QuerySet

from opencode.lib.clock import utc_now
from opencode.lib.paging import Keyset, by_id, by_moment
from sync.models import Share
from workspaces.models import Membership

SHARES: Final = Keyset(by_moment("created_at", is_descending=True), by_id("id"))
"""The order of lists of shares: the newest first."""


def live_shares() -> QuerySet[Share]:
    """Shares that lead to a session: not revoked, not expired, and not of a deleted or blocked workspace."""
    unexpired = Q(expires_at=None) | Q(expires_at__gt=utc_now())
    kept = Q(session__workspace=None) | Q(session__workspace__deleted_at=None, session__workspace__blocked_at=None)
    return Share.objects.filter(unexpired, kept, revoked_at=None)


def share_state(share: Share) -> str:
    """`live`, `ended` (by a person or an agent) or `expired` (by itself)."""
    if share.revoked_at is not None:
        return "ended"
    return "expired" if share.expires_at is not None and share.expires_at <= utc_now() else "live"


def maker_of(share: Share) -> Membership | None:
    """The membership, in the share's workspace, of the person whose device made it; None once either is gone."""
    return Membership.objects.filter(
        workspace=share.session.workspace_id,
        user__is_active=True,
        user__devices__id=share.device_id,
        user__devices__revoked_at=None,
    ).first()

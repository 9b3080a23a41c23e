"""Which session a share leads to, and which share a session has."""

from typing import NamedTuple

from django.db.models import Q, QuerySet

from opencode.lib.clock import utc_now
from sync.models import Share


class ShareTarget(NamedTuple):
    """A live share and the session behind it; `workspace_id` is None for a session without an owner."""

    share_id: str
    session_id: int
    client_id: str
    workspace_id: str | None


def live_shares() -> QuerySet[Share]:
    """Shares that lead somewhere: neither revoked nor expired, of no deleted workspace."""
    unexpired = Q(expires_at=None) | Q(expires_at__gt=utc_now())
    kept = Q(session__workspace=None) | Q(session__workspace__deleted_at=None)
    return Share.objects.filter(unexpired, kept, revoked_at=None)


def share_target(share_id: str) -> ShareTarget | None:
    """Where a live share leads, in one indexed read."""
    row = (
        live_shares()
        .filter(id=share_id)
        .order_by()
        .values_list("id", "session_id", "session__client_id", "session__workspace_id")
        .first()
    )
    return ShareTarget(*row) if row is not None else None


def agents_share(owner_key: str, client_id: str) -> Share | None:
    """The live share an agent gets again for its session: the first of its own that does not expire by itself."""
    return (
        live_shares()
        .select_related("session")
        .filter(session__owner_key=owner_key, session__client_id=client_id, is_agents=True, expires_at=None)
        .order_by("created_at", "id")
        .first()
    )

"""Which session a share leads to, and which share a session has."""

import re
from datetime import datetime
from typing import Final, NamedTuple, Self

from django.db.models import Q, QuerySet

from opencode.lib.clock import microseconds_of, moment_of, utc_now
from opencode.lib.errors import NotFound
from sync.models import Session, Share

_CURSOR: Final = re.compile(r"([0-9]{1,17})\.([A-Za-z0-9_-]{1,43})")


class ShareTarget(NamedTuple):
    """A live share and the session behind it; `workspace_id` is None for a session without an owner."""

    share_id: str
    session_id: int
    client_id: str
    workspace_id: str | None


class ShareCursor(NamedTuple):
    """The last link of a page: the next page begins after it. Its text is `<microseconds since 1970>.<share id>`."""

    created_at: datetime
    id: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises NotFound for a text that no page hands out."""
        found = _CURSOR.fullmatch(text)
        if found is None:
            raise NotFound
        return cls(moment_of(int(found[1])), found[2])

    def __str__(self) -> str:
        return f"{microseconds_of(self.created_at)}.{self.id}"


def shares_after(session: Session, after: ShareCursor | None) -> QuerySet[Share]:
    """All of a session's shares, the newest first, ended ones included; those after the cursor."""
    shares = Share.objects.select_related("created_by").filter(session=session).order_by("-created_at", "id")
    if after is None:
        return shares
    return shares.filter(Q(created_at__lt=after.created_at) | Q(created_at=after.created_at, id__gt=after.id))


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


def share_state(share: Share) -> str:
    """`live`, `ended` (by somebody) or `expired` (by itself)."""
    if share.revoked_at is not None:
        return "ended"
    return "expired" if share.expires_at is not None and share.expires_at <= utc_now() else "live"


def agents_share(owner_key: str, client_id: str) -> Share | None:
    """The live share an agent gets again for its session: the first of its own that does not expire by itself."""
    return (
        live_shares()
        .select_related("session")
        .filter(session__owner_key=owner_key, session__client_id=client_id, is_agents=True, expires_at=None)
        .order_by("created_at", "id")
        .first()
    )

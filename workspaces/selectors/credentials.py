"""Lists of API keys and share tokens: everything but the secret."""

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from django.db.models import Q, QuerySet

from accounts.models import User
from opencode.lib.clock import utc_now
from workspaces.models import APIKey, Credential, ShareToken, Workspace

PAGE_ROWS: Final = 50

Row = TypeVar("Row", bound=Credential)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows, the newest first; `before` continues the list, None at its end."""

    rows: list[Row]
    before: str | None


def live(rows: QuerySet[Row]) -> QuerySet[Row]:
    """Those neither revoked nor expired."""
    return rows.filter(Q(expires_at=None) | Q(expires_at__gt=utc_now()), revoked_at=None)


def api_keys(workspace: Workspace, *, only_of: User | None = None) -> QuerySet[APIKey]:
    """The workspace's keys, or only the ones of one person."""
    rows = APIKey.objects.filter(workspace=workspace).select_related("user")
    return rows if only_of is None else rows.filter(user=only_of)


def share_tokens(workspace: Workspace) -> QuerySet[ShareToken]:
    return ShareToken.objects.filter(workspace=workspace).select_related("created_by")


def page_of(rows: QuerySet[Row], before: str | None, limit: int | None = None) -> Page[Row]:
    """The page of `rows` before the id `before`; ids sort by creation time. PAGE_ROWS at most without a `limit`."""
    limit = PAGE_ROWS if limit is None else limit
    rows = rows.order_by("-pk")
    found = list((rows.filter(pk__lt=before) if before else rows)[: limit + 1])
    more = len(found) > limit
    return Page(rows=found[:limit], before=found[limit - 1].pk if more else None)

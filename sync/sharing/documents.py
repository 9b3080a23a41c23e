"""What a session's page reads besides the entries, and sessions' titles for pages of the apps below."""

from collections.abc import Collection, Mapping

from django.db.models import QuerySet

from sync.models import Session, Share
from sync.sharing.selectors import live_shares
from workspaces.models import Workspace


def workspace_session(workspace: Workspace, client_id: str) -> Session | None:
    return Session.objects.select_related("created_by").filter(workspace=workspace, client_id=client_id).first()


def session_shares(session: Session) -> QuerySet[Share]:
    """All of a session's shares, the newest first, ended ones included."""
    return Share.objects.select_related("created_by").filter(session=session).order_by("-created_at", "id")


def shared_session(share_id: str) -> Share | None:
    """A live share with its session and the session's workspace."""
    return live_shares().select_related("session__workspace").filter(id=share_id).first()


def session_titles(workspace_id: str, client_ids: Collection[str]) -> Mapping[str, str]:
    """The titles of those of the workspace's sessions that have one, by the agent's id; one query."""
    rows = Session.objects.filter(owner_key=workspace_id, client_id__in=client_ids).exclude(title="")
    return dict(rows.order_by().values_list("client_id", "title"))

"""What is there for a person to look at, in all of their workspaces."""

from datetime import datetime, timedelta
from typing import Final

from django.db.models import QuerySet

from accounts.models import User
from steering.models import Ask
from sync.models import Session
from workspaces.models import Workspace
from workspaces.selectors.workspaces import memberships_of

ENDED_WITHIN: Final = timedelta(days=1)


def asks_of_person(user: User) -> QuerySet[Ask]:
    """What waits for them, the oldest first."""
    asks = Ask.objects.filter(user=user, is_open=True, workspace__in=_workspaces(user))
    return asks.select_related("process__machine", "user", "workspace", "session").order_by("asked_at", "id")


def ended_of_person(user: User, *, now: datetime) -> QuerySet[Session]:
    """Their sessions whose agents ended within ENDED_WITHIN, done or failed, the latest first."""
    ended = Session.objects.filter(
        workspace__in=_workspaces(user),
        created_by=user,
        is_running=False,
        last_activity_at__gte=now - ENDED_WITHIN,
    )
    return ended.select_related("workspace").order_by("-last_activity_at", "-id")


def _workspaces(user: User) -> QuerySet[Workspace]:
    memberships = memberships_of(user).order_by().values("workspace")
    return Workspace.objects.filter(pk__in=memberships, blocked_at=None)

"""Where a person is signed in."""

from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef

from accounts.models import User
from accounts.sessionstore import stored_key
from accounts.useragents import device_name
from opencode.lib.clock import utc_now


@dataclass(frozen=True)
class BrowserSession:
    """`id` is what `session_end` takes; `device` names browser and operating system."""

    id: int
    device: str
    user_agent: str
    ip: str
    signed_in_at: datetime
    last_seen_at: datetime
    is_current: bool


def sessions_of(user: User, current_key: str | None) -> list[BrowserSession]:
    """The person's signed-in browsers, the one with the key `current_key` first, then by last use."""
    current = stored_key(current_key) if current_key else ""
    alive = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=utc_now())
    rows = UserSession.objects.filter(Exists(alive), user=user).order_by("-last_seen_at")
    found = [
        BrowserSession(
            id=row.pk,
            device=device_name(row.user_agent),
            user_agent=row.user_agent,
            ip=row.ip,
            signed_in_at=row.created_at,
            last_seen_at=row.last_seen_at,
            is_current=row.session_key == current,
        )
        for row in rows
    ]
    return sorted(found, key=lambda session: not session.is_current)


def browser_session_id(session_key: str) -> str:
    """What `session_ended` will name when this browser is signed out; empty for one that is not on the list yet."""
    found = UserSession.objects.filter(session_key=stored_key(session_key)).values_list("pk", flat=True).first()
    return "" if found is None else str(found)

"""Browser sessions: the person's own list of where they are signed in, and ending one, some or all."""

from collections.abc import Iterable
from typing import Any, Final

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.http import HttpRequest

from accounts.models import User
from accounts.sessionstore import stored_key
from accounts.signals import session_ended
from opencode.lib.announce import announce
from opencode.lib.clock import utc_now

USER_AGENT_CHARACTERS: Final = 200


def session_note(request: HttpRequest) -> None:
    """Add the browser to its person's list, or record that it was used now, from where and with which program.

    Usually one UPDATE. The request must be that of a signed-in person, with a session that has its key.
    """
    key = stored_key(request.session.session_key or "")
    seen = {
        "user": request.user,
        "ip": get_adapter().get_client_ip(request),
        "user_agent": request.headers.get("User-Agent", "")[:USER_AGENT_CHARACTERS],
        "last_seen_at": utc_now(),
    }
    if not UserSession.objects.filter(session_key=key).update(**seen):
        UserSession.objects.get_or_create(session_key=key, defaults=seen)


def session_end(*, user: User, session_id: int) -> bool:
    """Sign that browser out; False when the person has no such session (any more)."""
    return _end(UserSession.objects.filter(user=user, pk=session_id)) == 1


def sessions_end_others(*, user: User, keep: str) -> int:
    """Sign out every browser except the session with the key `keep` (empty: no exception); returns how many."""
    return _end(UserSession.objects.filter(user=user).exclude(session_key=stored_key(keep)))


def browser_session_delete(*, session_key: str) -> None:
    """Take the browser with this key off the list: it is signing itself out."""
    _end(UserSession.objects.filter(session_key=stored_key(session_key)))


def browser_sessions_delete_ended(*, user: User) -> None:
    """Remove rows of the person's list whose session is gone; two statements, whatever the list's length."""
    session = Session.objects.filter(session_key=OuterRef("session_key"))
    gone = list(UserSession.objects.filter(~Exists(session), user=user).values_list("pk", flat=True))
    if gone:
        UserSession.objects.filter(pk__in=gone).delete()


def sessions_purge() -> int:
    """Delete expired sessions, and rows of the list whose session is gone; returns how many rows."""
    Session.objects.filter(expire_date__lt=utc_now()).delete()
    return _end(UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")))


def _end(sessions: Iterable[Any]) -> int:
    """Each in its own transaction: at the commit the browser is signed out, then its sockets close."""
    ended = 0
    for session in sessions:
        with transaction.atomic():
            Session.objects.filter(session_key=session.session_key).delete()
            UserSession.objects.filter(pk=session.pk).delete()
            announce(session_ended, session_id=session.pk)
        ended += 1
    return ended

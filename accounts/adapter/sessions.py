"""allauth.usersessions' hooks: however a browser session ends, its sockets close too."""

from collections.abc import Iterable

from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession

from accounts.services.sessions import session_end


class ConsoleSessionsAdapter(DefaultUserSessionsAdapter):  # type: ignore[misc]
    def end_sessions(self, sessions: Iterable[UserSession]) -> None:
        for session in sessions:
            session_end(user=session.user, session_id=session.pk)

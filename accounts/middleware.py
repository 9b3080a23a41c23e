"""Keeps the list of a person's sessions true."""

from collections.abc import Callable
from typing import Final

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from opencode.lib.clock import utc_now

Handler = Callable[[HttpRequest], HttpResponseBase]
NOTE_SECONDS: Final = 60
USER_AGENT_CHARACTERS: Final = 200
SEEN_KEY: Final = "session-seen:"


class LastSeenMiddleware:
    """Notes when, from where and with what a session was used last, at most once a minute each."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated:
            key = request.session.session_key
            if key and cache.add(f"{SEEN_KEY}{key}", True, NOTE_SECONDS):
                _note(request, key)
        return self.get_response(request)


def _note(request: HttpRequest, key: str) -> None:
    """One update as a rule; a session from before the list was kept gets its row."""
    seen = {
        "last_seen_at": utc_now(),
        "ip": get_adapter().get_client_ip(request),
        "user_agent": request.headers.get("User-Agent", "")[:USER_AGENT_CHARACTERS],
    }
    if not UserSession.objects.filter(session_key=key).update(**seen):
        UserSession.objects.create_from_request(request)

"""Keeps the list of a person's sessions true."""

from collections.abc import Callable
from typing import Final, cast

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.models import User
from accounts.services.sessions import session_record
from accounts.sessionstore import stored_key

Handler = Callable[[HttpRequest], HttpResponseBase]
NOTE_SECONDS: Final = 60
USER_AGENT_CHARACTERS: Final = 200
SEEN_KEY: Final = "session-seen|"


class LastSeenMiddleware:
    """Notes when, from where and with what a session was used last, at most once a minute each."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated:
            key = request.session.session_key
            if key and cache.add(f"{SEEN_KEY}{stored_key(key)}", True, NOTE_SECONDS):
                note_browser(request)
        return self.get_response(request)


def note_browser(request: HttpRequest) -> None:
    """On the list of the person who is signed in, with the address and the program it is used from."""
    session_record(
        user=cast(User, request.user),
        session_key=request.session.session_key or "",
        ip=get_adapter().get_client_ip(request),
        user_agent=request.headers.get("User-Agent", "")[:USER_AGENT_CHARACTERS],
    )

"""Keeps the list of a person's browser sessions up to date."""

from collections.abc import Callable
from typing import Final

from django.core.cache import cache
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.services.sessions import session_note
from accounts.sessionstore import stored_key

Handler = Callable[[HttpRequest], HttpResponseBase]
NOTE_SECONDS: Final = 60
SEEN_KEY: Final = "session-seen|"


class LastSeenMiddleware:
    """Records when, from where and with which browser a session was last used, at most once a minute each."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated:
            key = request.session.session_key
            if key and cache.add(f"{SEEN_KEY}{stored_key(key)}", True, NOTE_SECONDS):
                session_note(request)
        return self.get_response(request)

"""Conditional answers: 304 for readers who already have the present state."""

import hashlib
from collections.abc import Callable
from functools import cache
from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.templatetags.static import static
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag

from opencode.lib.clock import utc_now
from sync.pages.reading import ReadableSession
from sync.store import state_of

# Increase it when the markup of pages or exports changes.
MARKUP_VERSION: Final = 4


@cache
def assets_version() -> str:
    """A text that changes with the scripts and styles a page names, so that no cached page outlives them."""
    names = (
        "css/console.css",
        "css/session.css",
        "js/session-ended.js",
        "js/session-activity.js",
        "js/session-copy.js",
        "js/session-header.js",
        "js/session-keys.js",
        "js/session-live.js",
        "js/session-outline.js",
        "js/session-pages.js",
        "js/session-reader.js",
        "js/session-tab.js",
        "js/session-transcript.js",
        "js/session-state.js",
        "js/time.js",
        "js/theme.js",
    )
    return ":".join([str(MARKUP_VERSION), *map(static, names)])


def answer_when_changed(
    request: HttpRequest, reading: ReadableSession, variant: str, answer: Callable[[], HttpResponseBase]
) -> HttpResponseBase:
    """`answer()`, or 304 when the reader has this state in this `variant` (reader, theme, format)."""
    session = reading.session
    # The state is part of it: an agent that falls silent writes nothing, and yet the page changes.
    state = state_of(session, utc_now())
    digest = hashlib.sha256(f"{assets_version()}\0{variant}\0{state}".encode()).hexdigest()[:12]
    # Weak: a proxy may compress. The row is read before the entries, so the tag is never newer than what it names.
    etag = "W/" + quote_etag(f"{reading.epoch}-{session.head_seq}-{digest}")
    modified = int(session.last_activity_at.timestamp())
    response = get_conditional_response(request, etag=etag, last_modified=modified) or answer()
    if response.get("Cache-Control") == "no-store":
        # A page that is still incomplete gets no tag: it would stand for the finished one.
        return response
    response["ETag"] = etag
    response["Last-Modified"] = http_date(modified)
    response["Cache-Control"] = "private, no-cache"
    return response

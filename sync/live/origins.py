"""Whose pages may open a session by the browser's cookie: the console's own only."""

from urllib.parse import urlsplit

from django.conf import settings


def is_own_origin(origin: str, host: str) -> bool:
    """Whether a browser's Origin is this console: the public address, or the host the request was sent to."""
    if origin in {settings.PUBLIC_URL, *settings.CSRF_TRUSTED_ORIGINS}:
        return True
    parts = urlsplit(origin)
    return bool(host) and parts.scheme in {"http", "https"} and parts.netloc == host

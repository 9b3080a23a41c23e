"""The theme a person chose, kept in a cookie."""

from typing import Final

from django.http import HttpRequest

THEME_COOKIE: Final = "opencode_theme"
THEMES: Final = frozenset({"light", "dark"})


def theme_of(request: HttpRequest) -> str:
    """`light` or `dark` as the person chose; empty while they follow the system."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    return theme if theme in THEMES else ""

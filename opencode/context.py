"""What every page's template may use."""

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest

from accounts.models import User
from workspaces.models import Workspace

THEME_COOKIE: Final = "opencode_theme"
THEMES: Final = frozenset({"light", "dark"})


def console(request: HttpRequest) -> dict[str, Any]:
    """`theme` is empty while the person follows the system; `my_workspaces` reads only when a template asks."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    return {
        "public_url": settings.PUBLIC_URL,
        "signup_open": settings.SIGNUP_POLICY == "open",
        "theme": theme if theme in THEMES else "",
        "my_workspaces": _reader_of_workspaces(request),
    }


def _reader_of_workspaces(request: HttpRequest) -> Callable[[], list[Workspace]]:
    @cache
    def read() -> list[Workspace]:
        user = getattr(request, "user", None)
        if not isinstance(user, User):
            return []
        return list(Workspace.objects.filter(memberships__user=user, deleted_at=None).order_by("name", "id"))

    return read

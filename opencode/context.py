"""What every page's template may use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def console(request: HttpRequest) -> dict[str, Any]:
    return {"public_url": settings.PUBLIC_URL, "signup_open": settings.SIGNUP_POLICY == "open"}

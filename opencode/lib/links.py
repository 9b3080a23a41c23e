"""Absolute addresses of pages, built from the settings and never from a request's Host."""

from django.conf import settings
from django.urls import reverse


def public_url(name: str, *args: str) -> str:
    """The absolute address of a page by its URL name."""
    return f"{settings.PUBLIC_URL}{reverse(name, args=args)}"

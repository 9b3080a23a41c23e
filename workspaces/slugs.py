"""Slugs: the workspace's name in addresses. Pure."""

import re
from typing import Final

from django.utils.text import slugify

MAX_CHARACTERS: Final = 40
MIN_CHARACTERS: Final = 2
FALLBACK: Final = "workspace"

_FORM: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

# Words that are, or may become, part of our URLs, or that would mislead in one.
RESERVED: Final = frozenset(
    """
    about account accounts admin api app assets auth billing blog console create dashboard data default docs edit
    favicon help healthz home invitations invite invites keys login logout me members metrics models new none null
    opencode owner profile readyz robots root s session sessions settings share shares sign-in sign-out sign-up signin
    signout signup site static status support switch sync system team teams terms tokens undefined usage user users v1
    w webhooks workspaces www
    """.split()  # noqa: SIM905 - a list of words reads better as words
)


def is_valid_slug(slug: str) -> bool:
    return MIN_CHARACTERS <= len(slug) <= MAX_CHARACTERS and _FORM.fullmatch(slug) is not None and slug not in RESERVED


def base_slug(name: str) -> str:
    """A valid slug of `name`'s ASCII letters and digits; `workspace-…` where what is left is too short or reserved."""
    slug = slugify(name).replace("_", "-")
    slug = re.sub(r"-{2,}", "-", slug)[:MAX_CHARACTERS].strip("-")
    if is_valid_slug(slug):
        return slug
    return f"{FALLBACK}-{slug}"[:MAX_CHARACTERS].strip("-")


def numbered_slug(base: str, number: int) -> str:
    """`base-number`, cut so that it stays within the limit."""
    suffix = f"-{number}"
    return base[: MAX_CHARACTERS - len(suffix)].rstrip("-") + suffix


def provisional_slug(workspace_id: str) -> str:
    """A slug that no name makes, for a workspace that has none (yet, or any more)."""
    return workspace_id.lower().replace("_", "-")

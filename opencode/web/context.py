"""Variables for every page's template."""

from functools import cache, partial
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from accounts.selectors.signup import OWNER_FIRST, sign_up_policy
from opencode.lib.theme import theme_of
from workspaces.access import shell_access
from workspaces.selectors.workspaces import workspaces_of

SIGNUP_WORDS: Final = {"open": "New here?", "domain": "New here?", "invitation": "Invited?"}
SIGNUP_RULES: Final = {
    "invitation": "Sign-up is by invitation: use the address that yours was sent to.",
    "domain": "Use your address of this team, or the one an invitation was sent to.",
}


def console(request: HttpRequest) -> dict[str, Any]:
    """The variables. `my_workspaces`, `shell` and `sign_up` are read once, and only when a template uses them."""
    return {
        "public_url": settings.PUBLIC_URL,
        "sign_up": cache(_sign_up),
        "payments": settings.PAYMENTS.mode,
        "sells_plans": settings.SELLS_PLANS and settings.PAYMENTS.mode != "none",
        "mail_goes_to_log": not settings.MAIL_IS_QUEUED,
        "theme": theme_of(request),
        "shell": cache(partial(shell_access, request)),
        "my_workspaces": cache(partial(workspaces_of, getattr(request, "user", AnonymousUser()))),
    }


def _sign_up() -> dict[str, Any]:
    """The sign-up policy: words that offer a sign-up, its rule, and whether the console still waits for its owner."""
    policy = sign_up_policy()
    return {
        "words": SIGNUP_WORDS.get(policy, ""),
        "rule": SIGNUP_RULES.get(policy, ""),
        "needs_owner": policy == OWNER_FIRST,
    }

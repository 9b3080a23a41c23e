"""Who may sign up here: the one rule that every way in asks, whatever form or provider somebody comes by."""

from typing import Final

from django.conf import settings

from accounts.models import User, fold_email
from accounts.ports import invitation_open_for

OWNER_FIRST: Final = "owner_first"
"""The policy of a console that has nobody yet: its first owner comes by their link, and nobody before them."""


def person_exists() -> bool:
    """Whether the instance has a person: somebody with a verified address, or made by an operator.

    A sign-up that nobody confirmed does not count, or a stranger could lock the owner out at the first start.
    """
    # The owner is found by an index; only where people came before any owner are addresses looked through.
    return owner_exists() or User.objects.filter(emailaddress__verified=True).exists()


def owner_exists() -> bool:
    """Whether somebody owns the instance: a superuser, by the first owner's link or made by an operator."""
    # `IN` and not `=`: SQLite reads a bare boolean column without its index.
    return User.objects.filter(is_superuser__in=[True]).exists()


def sign_up_policy() -> str:
    """OWNER_FIRST while there is nobody, then what `OPENCODE_SIGNUP` says: `open`, `domain`, `invitation`, `closed`."""
    return str(settings.SIGNUP_POLICY) if person_exists() else OWNER_FIRST


def is_sign_up_open() -> bool:
    """Whether there is any address that may sign up."""
    return sign_up_policy() not in {OWNER_FIRST, "closed"}


def may_sign_up(email: str) -> bool:
    """Whether this address may sign up. An invitation opens every policy but `closed` and OWNER_FIRST."""
    policy = sign_up_policy()
    if policy in {OWNER_FIRST, "closed"}:
        return False
    if policy == "open":
        return True
    folded = fold_email(email)
    is_of_domain = policy == "domain" and folded.rpartition("@")[2] in settings.SIGNUP_DOMAINS
    return is_of_domain or invitation_open_for(folded)

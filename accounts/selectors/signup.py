"""Who may sign up: one rule for every form and every provider."""

from typing import Final

from django.conf import settings

from accounts.models import User, fold_email
from accounts.ports import invitation_open_for

OWNER_FIRST: Final = "owner_first"
"""The policy of a console without people: the first owner signs up by their link, and nobody before them."""


def person_exists() -> bool:
    """Whether the instance has a person: one with a verified address, or one made by an operator.

    An unconfirmed sign-up does not count: otherwise a stranger could lock the owner out at the first start.
    """
    # An index finds the owner; addresses are searched only where people signed up before any owner.
    return owner_exists() or User.objects.filter(emailaddress__verified=True).exists()


def owner_exists() -> bool:
    """Whether the instance has an owner: a superuser, made by the first owner's link or by an operator."""
    # `IN` and not `=`: SQLite reads a bare boolean column without its index.
    return User.objects.filter(is_superuser__in=[True]).exists()


def sign_up_policy() -> str:
    """OWNER_FIRST while there is no person, then `OPENCODE_SIGNUP`: `open`, `domain`, `invitation`, `closed`."""
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

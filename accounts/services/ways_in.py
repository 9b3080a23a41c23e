"""Closing ways to sign in that another person may have set, once the mailbox shows whose the account is.

An account is made before its address is proved, so the person who made it may know its password or have linked it to
their own provider account. A code to the mailbox always remains. Callers hold the transaction.
"""

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount

from accounts.models import User
from accounts.services.sessions import sessions_end_others


def ways_in_close(*, user: User) -> None:
    """Make the password unusable, delete second factors, passkeys and linked accounts, sign every browser out."""
    user.set_unusable_password()
    user.save(update_fields=["password"])
    linked_ways_close(user=user)
    sessions_end_others(user=user, keep="")


def linked_ways_close(*, user: User) -> None:
    SocialAccount.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()

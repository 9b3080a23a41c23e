"""Closing the ways into an account that somebody else may have set, when its mailbox shows whose it is.

An account is made before anybody has shown that its address is theirs, so that whoever made it may know its password
or have it linked. A code to the mailbox always remains. Callers hold the transaction.
"""

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount

from accounts.models import User
from accounts.services.sessions import sessions_end_others


def ways_in_close(*, user: User) -> None:
    """The password is void, second factors, passkeys and linked accounts are gone, every browser is signed out."""
    user.set_unusable_password()
    user.save(update_fields=["password"])
    linked_ways_close(user=user)
    sessions_end_others(user=user, keep="")


def linked_ways_close(*, user: User) -> None:
    SocialAccount.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()

"""Closing the ways into an account that somebody else may have set, when its mailbox shows whose it is."""

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount

from accounts.models import User
from accounts.services.sessions import sessions_end_others


def ways_in_close(*, user: User, keep: str = "") -> None:
    """The password is void; second factors, passkeys and linked accounts are gone; browsers but `keep` are out.

    What remains is a code to the mailbox. The caller holds the transaction.
    """
    user.set_unusable_password()
    user.save(update_fields=["password"])
    SocialAccount.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    sessions_end_others(user=user, keep=keep)

"""The ways a person has into their account."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount

from accounts.models import User


def has_another_way_in(user: User, *, without: SocialAccount) -> bool:
    """Whether the person can still sign in once `without` is unlinked: mostly by a code to a verified address."""
    if EmailAddress.objects.filter(user=user, verified=True).exists():
        return True
    others = SocialAccount.objects.filter(user=user).exclude(pk=without.pk)
    passkeys = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN)
    return bool(others.exists() or passkeys.exists())

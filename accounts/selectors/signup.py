"""Who may sign up here."""

from django.conf import settings

from accounts.models import fold_email
from accounts.ports import invitation_open_for


def may_sign_up(email: str) -> bool:
    """Whether the sign-up policy lets this address in. An invitation opens it under every policy but `closed`."""
    if settings.SIGNUP_POLICY == "open":
        return True
    if settings.SIGNUP_POLICY == "closed":
        return False
    folded = fold_email(email)
    is_of_domain = settings.SIGNUP_POLICY == "domain" and folded.rpartition("@")[2] in settings.SIGNUP_DOMAINS
    return is_of_domain or invitation_open_for(folded)

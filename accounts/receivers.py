"""allauth's facts that matter here."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed
from django.dispatch import receiver

from accounts.ports import person_welcome


@receiver(email_confirmed, dispatch_uid="accounts.welcome")
def welcome_on_confirmation(email_address: EmailAddress, **_kwargs: Any) -> None:
    """Sign-up is over when the address is confirmed; before that a person owns nothing."""
    person_welcome(email_address.user_id)

"""What follows from facts of accounts and of allauth."""

from typing import Any

import structlog
from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed
from django.conf import settings
from django.dispatch import receiver
from kombu.exceptions import OperationalError

from accounts.ports import person_welcome
from accounts.services.mail_delivery import mail_deliver
from accounts.signals import mail_stored
from accounts.tasks import mail_deliver as mail_deliver_task
from opencode.lib.clock import utc_now

log = structlog.get_logger(__name__)


@receiver(email_confirmed, dispatch_uid="accounts.welcome")
def welcome_on_confirmation(email_address: EmailAddress, **_kwargs: Any) -> None:
    """Sign-up is over when the address is confirmed; before that a person owns nothing."""
    person_welcome(email_address.user_id)


@receiver(mail_stored)
def stored_mail_start(*, mail_id: str, **_fact: Any) -> None:
    """Where mail is only printed, at once; where the queue does not answer, the sweep delivers."""
    if not settings.MAIL_IS_QUEUED:
        mail_deliver(mail_id=mail_id, now=utc_now())
        return
    try:
        mail_deliver_task.apply_async((mail_id,), retry=False)
    except (OperationalError, OSError):
        log.warning("the queue does not answer; the mail waits for the sweep", mail=mail_id)

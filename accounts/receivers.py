"""What accounts does when a fact of its own or a signal of allauth arrives."""

from typing import Any

import structlog
from allauth.account.models import EmailAddress
from allauth.account.signals import (
    email_confirmed,
    password_changed,
    password_reset,
    password_set,
    user_logged_in,
    user_signed_up,
)
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest
from kombu.exceptions import OperationalError

from accounts.models import User
from accounts.ports import person_welcome
from accounts.selectors.pending import SIGNED_UP, is_known_here
from accounts.services.devices import devices_revoke
from accounts.services.mail_delivery import mail_deliver
from accounts.services.sessions import (
    browser_session_delete,
    browser_sessions_delete_ended,
    session_note,
    sessions_end_others,
)
from accounts.services.ways_in import linked_ways_close, ways_in_close
from accounts.signals import export_waiting, mail_stored
from accounts.tasks import export_make as export_make_task
from accounts.tasks import mail_deliver as mail_deliver_task
from opencode.lib.clock import utc_now
from opencode.lib.http import person_of

log = structlog.get_logger(__name__)


@receiver(user_signed_up)
def signed_up_browser_remember(*, request: HttpRequest, user: User, **_kwargs: Any) -> None:
    request.session[SIGNED_UP] = user.pk


@receiver(email_confirmed, dispatch_uid="accounts.first_proof")
def first_proof_from_elsewhere(request: HttpRequest, email_address: EmailAddress, **_kwargs: Any) -> None:
    """Close ways to sign in that were set before: the mailbox's reader may not be the person who made the account."""
    others = EmailAddress.objects.filter(user_id=email_address.user_id, verified=True).exclude(pk=email_address.pk)
    if is_known_here(request, email_address.user_id) or others.exists():
        return
    with transaction.atomic():
        ways_in_close(user=email_address.user)
    messages.info(
        request, "A password set before no longer works. Sign in with a code, then choose one under “Password”."
    )


@receiver(password_reset)
def reset_before_the_first_proof(*, user: User, **_kwargs: Any) -> None:
    """Close linked ways in: the mailbox's reader sets the password, but who made the account may have linked theirs."""
    if not EmailAddress.objects.filter(user=user, verified=True).exists():
        with transaction.atomic():
            linked_ways_close(user=user)


@receiver(email_confirmed, dispatch_uid="accounts.welcome")
def welcome_on_confirmation(email_address: EmailAddress, **_kwargs: Any) -> None:
    """Sign-up is over when the address is confirmed; before that a person owns nothing."""
    person_welcome(email_address.user_id)


@receiver(user_signed_up)
def welcome_of_a_verified_newcomer(*, user: User, **_kwargs: Any) -> None:
    """A newcomer whose address a trusted provider has verified does not confirm it here."""
    if EmailAddress.objects.filter(user=user, verified=True).exists():
        person_welcome(user.pk)


@receiver(mail_stored)
def stored_mail_start(*, mail_id: str, **_fact: Any) -> None:
    """Deliver at once where mail is only printed; otherwise queue it. Without the queue, the sweep delivers."""
    if not settings.MAIL_IS_QUEUED:
        mail_deliver(mail_id=mail_id, now=utc_now())
        return
    try:
        mail_deliver_task.apply_async((mail_id,), retry=False)
    except (OperationalError, OSError):
        log.warning("mail_queue_unreachable", mail=mail_id)


@receiver((user_logged_in, password_set, password_changed))
def signed_in_session_note(*, request: HttpRequest, user: User, **_kwargs: Any) -> None:
    """Also after a new password, which gives the session that set it a new key."""
    if not request.user.is_authenticated:
        return
    if not request.session.session_key:
        request.session.save()
    session_note(request)


@receiver(user_logged_in)
def signed_in_list_shorten(*, user: User, **_kwargs: Any) -> None:
    """Remove expired sessions from the list; any other end of a session removes its own row."""
    browser_sessions_delete_ended(user=user)


@receiver(user_logged_out)
def signed_out_session_delete(*, request: HttpRequest, **_kwargs: Any) -> None:
    if request.session.session_key:
        browser_session_delete(session_key=request.session.session_key)


@receiver((password_set, password_changed, password_reset))
def new_password_signs_out_elsewhere(*, request: HttpRequest, user: User, **_kwargs: Any) -> None:
    """Django has already invalidated the sessions; this closes their sockets and takes them off the list."""
    is_own = request.user.is_authenticated and request.user.pk == user.pk
    sessions_end_others(user=user, keep=request.session.session_key or "" if is_own else "")


@receiver(password_reset)
def forgotten_password_signs_devices_out(*, request: HttpRequest, user: User, **_kwargs: Any) -> None:
    """A lost password may have been stolen: an agent that the thief signed in must not stay."""
    devices_revoke(user=user, actor=person_of(request, user.pk))


@receiver(authenticator_added)
def second_of_its_kind_remove(*, authenticator: Authenticator, **_kwargs: Any) -> None:
    """Keep one authenticator app and one set of recovery codes per person, which MariaDB cannot enforce."""
    if authenticator.type != Authenticator.Type.WEBAUTHN:
        same = Authenticator.objects.filter(user_id=authenticator.user_id, type=authenticator.type)
        newest = same.order_by("-pk").values_list("pk", flat=True).first()
        same.filter(pk__lt=newest).delete()


@receiver(export_waiting)
def waiting_export_start(*, export_id: str, **_fact: Any) -> None:
    """Start the export; where the queue is unreachable, the sweep starts it."""
    try:
        export_make_task.apply_async((export_id,), retry=False)
    except (OperationalError, OSError):
        log.warning("export_queue_unreachable", export=export_id)

"""Delivering stored mails: by their task, and by a sweep over what is due.

A due-mark is the only memory of work to do, as with snapshots. Whoever moves the mark on has the mail until then, so
that two workers never send one mail unless the first died between the server's answer and its own note of it.
"""

import smtplib
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import F, Q

from accounts.models import OutgoingMail
from opencode.lib.claims import row_claim
from opencode.lib.mailtext import MailText
from opencode.lib.sealing import seal, unseal

log = structlog.get_logger(__name__)
SWEEP_MAILS: Final = 100
CLAIM: Final = timedelta(minutes=2)
PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720, 1440))
KEPT: Final = timedelta(days=30)
_PURPOSE: Final = "mail"
_PERMANENT: Final = 500


def sealed_body(words: MailText) -> str:
    return seal(_PURPOSE, msgspec.json.encode([words.text, words.html]).decode())


def mail_deliver(*, mail_id: str, now: datetime) -> bool:
    """Hand one due mail to the mail server; False when it was not due, or could not be handed over.

    After a failure it waits as PAUSES say. The attempt after the last pause is the last; a refusal of the address for
    good ends it at once.
    """
    if not row_claim(OutgoingMail, mail_id, Q(due_at__lte=now), due_at=now + CLAIM, attempts=F("attempts") + 1):
        return False
    mail = OutgoingMail.objects.get(pk=mail_id)
    try:
        _message(mail).send()
    except Exception as error:
        _note_failure(mail, error, now)
        return False
    OutgoingMail.objects.filter(pk=mail_id).update(
        state=OutgoingMail.State.SENT, due_at=None, ended_at=now, body="", last_error=""
    )
    return True


def mails_due(*, now: datetime) -> list[str]:
    """Ids of mails whose time has come, oldest first, SWEEP_MAILS at most."""
    due = OutgoingMail.objects.filter(due_at__lte=now).order_by("due_at", "pk")
    return list(due.values_list("pk", flat=True)[:SWEEP_MAILS])


def mail_retry(*, mail_id: str, now: datetime) -> bool:
    """Begin again with a mail that was given up; False when it was not."""
    failed = OutgoingMail.objects.filter(pk=mail_id, state=OutgoingMail.State.FAILED)
    return bool(failed.update(state=OutgoingMail.State.WAITING, due_at=now, attempts=0, ended_at=None))


def mails_purge(*, now: datetime) -> int:
    """Forget mails that were sent or given up KEPT ago."""
    removed, _ = OutgoingMail.objects.filter(Q(ended_at__lte=now - KEPT)).delete()
    return removed


def _message(mail: OutgoingMail) -> EmailMultiAlternatives:
    """The same Message-ID at each attempt, so that a mailbox can tell a mail that came twice."""
    text, html = msgspec.json.decode(unseal(_PURPOSE, mail.body), type=tuple[str, str])
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    headers = {"Message-ID": f"<{mail.pk}@{host}>", "Auto-Submitted": "auto-generated"}
    message = EmailMultiAlternatives(mail.subject, text, to=[mail.recipient], headers=headers)
    message.attach_alternative(html, "text/html")
    return message


def _note_failure(mail: OutgoingMail, error: Exception, now: datetime) -> None:
    told: dict[str, Any] = {"mail": mail.pk, "template": mail.template, "attempt": mail.attempts}
    last_error = f"{type(error).__name__}: {error}"[:500]
    row = OutgoingMail.objects.filter(pk=mail.pk)
    if mail.attempts > len(PAUSES) or _is_refused_for_good(error):
        row.update(state=OutgoingMail.State.FAILED, due_at=None, ended_at=now, last_error=last_error)
        log.error("mail was given up", **told, exc_info=error)
        return
    row.update(due_at=now + PAUSES[mail.attempts - 1], last_error=last_error)
    log.warning("mail could not be sent and will be tried again", **told, error=type(error).__name__)


def _is_refused_for_good(error: Exception) -> bool:
    """The server knows the address and refuses it (5xx), where a 4xx asks to come back later."""
    return isinstance(error, smtplib.SMTPRecipientsRefused) and all(
        status >= _PERMANENT for status, _words in error.recipients.values()
    )

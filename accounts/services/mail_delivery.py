"""Delivering stored mails: by their task, and by a sweep over what is due.

Two workers send the same mail only when the first died, or took longer than its lease, after the server's answer and
before recording it.
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
from opencode.lib.due import DueMark, Lease, pause_after
from opencode.lib.mailtext import MailText
from opencode.lib.sealing import seal, unseal

log = structlog.get_logger(__name__)
SWEEP_MAILS: Final = 100
MARK: Final = DueMark(OutgoingMail, "due_at", lease=timedelta(minutes=2))
PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720, 1440))
KEPT: Final = timedelta(days=30)
_PURPOSE: Final = "mail"
_PERMANENT: Final = 500


def sealed_body(words: MailText) -> str:
    return seal(_PURPOSE, msgspec.json.encode([words.text, words.html]).decode())


def mail_deliver(*, mail_id: str, now: datetime) -> bool:
    """Hand one due mail to the mail server; False when it was not due, or could not be handed over.

    After a failure the mail waits for the next of PAUSES. The attempt after the last pause is the last; if the server
    refuses the address permanently, there is no further attempt.
    """
    lease = MARK.take(mail_id, now=now, attempts=F("attempts") + 1)
    if lease is None:
        return False
    mail = OutgoingMail.objects.get(pk=mail_id)
    try:
        _message(mail).send()
    except Exception as error:
        _note_failure(lease, mail, error, now)
        return False
    # Whichever worker holds the row by now: the mail was sent.
    OutgoingMail.objects.filter(pk=mail_id).update(
        state=OutgoingMail.State.SENT, due_at=None, ended_at=now, body="", last_error=""
    )
    return True


def mails_due(*, now: datetime) -> list[str]:
    """Ids of mails whose time has come, oldest first, SWEEP_MAILS at most."""
    return MARK.ids(now=now, limit=SWEEP_MAILS)


def mail_retry(*, mail_id: str, now: datetime) -> bool:
    """Try again with a mail that was given up; False when it was not."""
    failed = OutgoingMail.objects.filter(pk=mail_id, state=OutgoingMail.State.FAILED)
    return bool(failed.update(state=OutgoingMail.State.WAITING, due_at=now, attempts=0, ended_at=None))


def mails_purge(*, now: datetime) -> int:
    """Delete mails that were sent or given up KEPT ago; returns how many."""
    removed, _ = OutgoingMail.objects.filter(Q(ended_at__lte=now - KEPT)).delete()
    return removed


def _message(mail: OutgoingMail) -> EmailMultiAlternatives:
    """Uses the same Message-ID at each attempt, so that a mailbox can recognise a mail that came twice."""
    text, html = msgspec.json.decode(unseal(_PURPOSE, mail.body), type=tuple[str, str])
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    headers = {"Message-ID": f"<{mail.pk}@{host}>", "Auto-Submitted": "auto-generated"}
    message = EmailMultiAlternatives(mail.subject, text, to=[mail.recipient], headers=headers)
    message.attach_alternative(html, "text/html")
    return message


def _note_failure(lease: Lease[OutgoingMail], mail: OutgoingMail, error: Exception, now: datetime) -> None:
    """Records nothing when another worker has taken, or sent, the mail meanwhile."""
    fields: dict[str, Any] = {"mail": mail.pk, "template": mail.template, "attempt": mail.attempts}
    last_error = f"{type(error).__name__}: {error}"[:500]
    pause = None if _is_refused_for_good(error) else pause_after(mail.attempts, PAUSES)
    if pause is None:
        lease.release(due_at=None, state=OutgoingMail.State.FAILED, ended_at=now, last_error=last_error)
        log.error("mail_given_up", **fields, exc_info=error)
        return
    lease.release(due_at=now + pause, last_error=last_error)
    log.warning("mail_delayed", **fields, error=type(error).__name__)


def _is_refused_for_good(error: Exception) -> bool:
    """Whether the server refused the address permanently (5xx); a 4xx asks to try again later."""
    return isinstance(error, smtplib.SMTPRecipientsRefused) and all(
        status >= _PERMANENT for status, _words in error.recipients.values()
    )

"""Reads of outgoing mails."""

from datetime import datetime, timedelta
from typing import Final

from accounts.models import OutgoingMail

PATIENCE: Final = timedelta(minutes=10)
REMEMBERED: Final = timedelta(hours=1)


def mails_waiting() -> int:
    """How many are to be sent, now or at their next try."""
    return OutgoingMail.objects.filter(due_at__isnull=False).count()


def is_mail_late(*, now: datetime) -> bool:
    """Whether a mail has been waiting longer than a short failure takes, or was given up within the last hour."""
    waiting = OutgoingMail.objects.filter(due_at__isnull=False, created_at__lt=now - PATIENCE).order_by()
    given_up = OutgoingMail.objects.filter(state=OutgoingMail.State.FAILED, ended_at__gt=now - REMEMBERED).order_by()
    return waiting.exists() or given_up.exists()

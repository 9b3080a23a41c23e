"""Sending mail: the one function every app uses."""

from collections.abc import Mapping
from typing import Any

from accounts.models import OutgoingMail
from accounts.services.mail_delivery import sealed_body
from accounts.signals import mail_stored
from opencode.lib.announce import announce
from opencode.lib.clock import utc_now
from opencode.lib.mailtext import mail_text


def mail_send(*, to: str, template: str, context: Mapping[str, Any]) -> None:
    """Send the mail `template` makes of `context` once the caller's transaction commits; never when it rolls back.

    The mail is rendered and stored now, in that transaction; a Celery task delivers it and tries again when it cannot
    (`mail_delivery`). `template` is a file such as `workspaces/mail/invitation.html`, written as
    `opencode/lib/mailtext.py` says. URLs in `context` are absolute.
    """
    words = mail_text(template, context)
    mail = OutgoingMail.objects.create(
        recipient=to, template=template, subject=words.subject, body=sealed_body(words), due_at=utc_now()
    )
    announce(mail_stored, mail_id=mail.pk)

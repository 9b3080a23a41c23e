"""Reading the mails a test made."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.core import mail
from django.core.mail import EmailMessage


def only_mail() -> EmailMessage:
    assert len(mail.outbox) == 1, [message.subject for message in mail.outbox]
    return mail.outbox[0]


def link_in(message: EmailMessage, beginning: str) -> str:
    """The path of the one link of our site in the mail whose path starts with `beginning`."""
    found = [
        link for link in re.findall(r"https?://\S+", str(message.body)) if urlsplit(link).path.startswith(beginning)
    ]
    assert len(found) == 1, message.body
    assert found[0].startswith(settings.PUBLIC_URL + "/")
    return urlsplit(found[0]).path

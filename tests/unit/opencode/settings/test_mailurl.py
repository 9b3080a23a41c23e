"""EMAIL_URL."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from opencode.settings.sources.mail import MailServer, read_mail_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", MailServer("mail.example", 25, "", "", False, False, "")),
        ("smtps://u:p%40ss@mail.example", MailServer("mail.example", 465, "u", "p@ss", False, True, "")),
        (
            "smtp://u:p@mail.example:587?tls=1&from=console@example.com",
            MailServer("mail.example", 587, "u", "p", True, False, "console@example.com"),
        ),
    ],
)
def test_mail_url_is_read(url: str, expected: MailServer) -> None:
    assert read_mail_url(url) == expected


@pytest.mark.parametrize("url", ["mail.example:25", "imap://mail.example", "smtp://"])
def test_other_mail_url_is_refused_by_name(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL"):
        read_mail_url(url)

"""Subjects hold no address that a mail program would make a link of."""

import pytest

from opencode.lib.mailtext import mail_text

TEMPLATE = "workspaces/mail/invitation.html"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("evil.example", "evil[.]example"),
        ("Call https://evil.example/x", "Call https[://]evil[.]example/x"),
        ("it@evil.example", "it[@]evil[.]example"),
        ("1.2 release, v3.0", "1.2 release, v3.0"),
        ("Dr. Who & Sons", "Dr. Who & Sons"),
    ],
)
def test_no_subject_leads_anywhere(name: str, shown: str) -> None:
    words = mail_text(TEMPLATE, {"inviter": name, "workspace": "alpha", "role": "member", "accept_url": "https://c/x"})
    assert words.subject == f"{shown} invites you to alpha"

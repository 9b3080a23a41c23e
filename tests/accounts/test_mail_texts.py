"""What a mail looks like: one template gives subject, plain text and HTML."""

import re
from pathlib import Path

import allauth
import pytest
from django.template.loader import get_template

from opencode.lib.mailtext import mail_text

ALLAUTH = Path(allauth.__file__).parent / "templates"
# Mails of ways to sign in that this console does not have.
UNUSED = {"account/email/base", "account/email/password_reset_code"}
ALL_OF_ALLAUTH = {
    str(path.relative_to(ALLAUTH)).removesuffix("_message.txt") for path in ALLAUTH.glob("*/email/*_message.txt")
}
CONFIRMATION = "account/email/email_confirmation.html"
LINK = "http://127.0.0.1:8000/accounts/confirm-email/MQ:1abcdefghijklmnopqrstuvwxyz" + "0123456789" * 8 + "/"


def test_text_and_html_say_the_same() -> None:
    words = mail_text(CONFIRMATION, {"activate_url": LINK})
    assert words.subject == "Confirm your e-mail address"
    assert words.text == (
        "This address was added to an account of the opencode console. Confirm that\nit is yours.\n\n"
        f"Confirm the address:\n{LINK}\n\n"
        "If it was not you, do nothing: without the link the address is not used.\n\n"
        "--\nopencode console, http://127.0.0.1:8000\n"
    )
    assert f'<a href="{LINK}">Confirm the address</a>' in words.html
    assert "<h1>Confirm your e-mail address</h1>" in words.html
    assert "without the link the address is not used" in words.html


def test_values_are_escaped_in_html_and_only_there() -> None:
    words = mail_text("account/email/unknown_account.html", {"email": "<b>&\"'"})
    assert "<b>&\"'" in words.text
    assert "<b>" not in words.html
    assert "&lt;b&gt;&amp;&quot;&#x27;" in words.html


def test_value_of_several_lines_makes_no_header_and_no_paragraph() -> None:
    words = mail_text("socialaccount/email/account_connected.html", {"provider": "Evil\r\nBcc: x\n\nhello"})
    assert words.subject == "Evil Bcc: x hello was linked"
    assert "Evil Bcc: x hello" in words.text


def test_html_works_in_the_dark_and_loads_nothing_from_anywhere() -> None:
    html = mail_text(CONFIRMATION, {"activate_url": LINK}).html
    assert "prefers-color-scheme: dark" in html
    assert re.findall(r"<img|<script|<link|@import|url\(|src=", html) == []


@pytest.mark.parametrize("prefix", sorted(ALL_OF_ALLAUTH - UNUSED))
def test_every_mail_of_allauth_has_a_template_of_ours(prefix: str) -> None:
    words = mail_text(f"{prefix}.html", {})
    assert words.subject
    assert words.text.count("\n--\n") == 1
    assert get_template(f"{prefix}.html").origin.name.startswith(str(Path(__file__).parents[2]))

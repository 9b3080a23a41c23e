"""Renders a mail from one template: its subject, its plain text and its HTML.

A template extends `layout` and has the blocks `subject` and `content`; `content` is built from the tags in
`opencode/templatetags/mail.py`, which write either form. Plain text is not escaped, HTML always is. A subject contains
no text that mail programs turn into a link, as it can contain names that people choose.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.template import Context, loader

SUBJECT_CHARACTERS: Final = 200
_ADDRESS: Final = re.compile(r"(?<=\w)\.(?=[^\W\d_]{2})|://|@(?=\w)", re.UNICODE)


class MailText(NamedTuple):
    subject: str
    text: str
    html: str


def mail_text(template: str, context: Mapping[str, Any]) -> MailText:
    """Render `template` with `context`; every mail can use `public_url` and `subject` too."""
    line = " ".join(_rendered(template, "subject", context).split())
    subject = _ADDRESS.sub(lambda found: f"[{found[0]}]", line)[:SUBJECT_CHARACTERS]
    given = {**context, "subject": subject}
    text = re.sub(r"[ \t]+\n", "\n", _rendered(template, "text", given))
    text = re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
    return MailText(subject=subject, text=text, html=_rendered(template, "html", given).strip() + "\n")


def _rendered(template: str, kind: str, context: Mapping[str, Any]) -> str:
    """The rendered text; `kind` is `subject`, `text` or `html` and selects the layout that the template extends."""
    data = {**context, "public_url": settings.PUBLIC_URL, "layout": f"mail/{kind}.html", "mail_kind": kind}
    found: Any = loader.get_template(template)
    rendered: str = found.template.render(Context(data, autoescape=kind == "html"))
    return rendered

"""Elements of a mail, as plain text or as HTML: `{% load mail %}`.

`{% p %}…{% endp %}` a paragraph, `{% note %}…{% endnote %}` one in small print, `{% action url "label" %}` the mail's
main link, `{% code value %}` something to type, `{% fact "label" value %}` a line of facts.
"""

import textwrap
from collections.abc import Callable
from typing import Any, Final

from django import template
from django.template import Context
from django.template.base import NodeList, Parser, Token
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
TEXT_COLUMNS: Final = 76


class ParagraphNode(template.Node):
    def __init__(self, inside: NodeList, css_class: str) -> None:
        self.inside = inside
        self.css_class = css_class

    def render(self, context: Context) -> SafeString:
        words = " ".join(self.inside.render(context).split())
        if context["mail_kind"] == "html":
            return mark_safe(f'<p class="{self.css_class}">{words}</p>\n')  # noqa: S308 - escaped by the template
        filled = textwrap.fill(words, TEXT_COLUMNS, break_long_words=False, break_on_hyphens=False)
        return mark_safe(f"\n{filled}\n")  # noqa: S308 - plain text


def _paragraph(end: str, css_class: str) -> Callable[[Parser, Token], ParagraphNode]:
    def compile_tag(parser: Parser, _token: Token) -> ParagraphNode:
        inside = parser.parse((end,))
        parser.delete_first_token()
        return ParagraphNode(inside, css_class)

    return compile_tag


register.tag("p", _paragraph("endp", "p"))
register.tag("note", _paragraph("endnote", "note"))


@register.simple_tag(takes_context=True)
def action(context: Context, url: str, label: str) -> SafeString:
    """A button in HTML, with its address below it for readers who see no buttons; the address alone in plain text."""
    if context["mail_kind"] == "html":
        return format_html('<p class="action"><a href="{0}">{1}</a></p>\n<p class="note address">{0}</p>\n', url, label)
    return mark_safe(f"\n{label}:\n{url}\n")  # noqa: S308 - plain text


@register.simple_tag(takes_context=True)
def code(context: Context, value: Any) -> SafeString:
    if context["mail_kind"] == "html":
        return format_html('<p class="code">{}</p>\n', value)
    return mark_safe(f"\n    {value}\n")  # noqa: S308 - plain text


@register.simple_tag(takes_context=True)
def fact(context: Context, label: str, value: Any) -> SafeString:
    words = " ".join(str(value).split())
    if context["mail_kind"] == "html":
        return format_html('<p class="fact"><span>{}</span> {}</p>\n', label, words)
    return mark_safe(f"{label}: {words}\n")  # noqa: S308 - plain text

"""HTML that escapes by default: everything passed to `tag` is text, unless it is `Html` already."""

from html import escape
from typing import Final


class Html(str):
    """Markup that is safe to show. Only `tag`, the sanitiser and the highlighter make it from texts."""

    __slots__ = ()

    def __html__(self) -> "Html":
        return self


Child = str | None
NOTHING: Final = Html("")


def escaped(text: str) -> Html:
    return text if isinstance(text, Html) else Html(escape(text))


def joined(*children: Child, by: str = "") -> Html:
    """The children that are not empty, one after another, with `by` between them."""
    return Html(by.join([escaped(child) for child in children if child]))


def lines(*children: Child) -> Html:
    """The children that are not empty, with white space between them, so that words of two never run together."""
    return joined(*children, by="\n")


def tag(name: str, /, *children: Child, **attributes: str | int | bool | None) -> Html:
    """An element. `class_` becomes `class`, `data_key` `data-key`; None and False omit an attribute, True is bare.

    Attribute names must come from our code, never from untrusted text.
    """
    head = name
    for attribute, value in attributes.items():
        if value is None or value is False:
            continue
        head += " " + attribute.rstrip("_").replace("_", "-")
        if value is not True:
            head += f'="{escape(str(value))}"'
    if name == "img":
        return Html(f"<{head}>")
    return Html(f"<{head}>{joined(*children)}</{name}>")


def block(name: str, /, *children: Child, **attributes: str | int | bool | None) -> Html:
    """An element whose children have white space between them."""
    return tag(name, lines(*children), **attributes)

"""HTML that escapes by itself: whatever is given to `tag` is text, unless it is `Html` already."""

from html import escape
from typing import Final


class Html(str):
    """A piece of markup that is safe to show. Only `tag`, the sanitiser and the highlighter make any from texts."""

    __slots__ = ()

    def __html__(self) -> "Html":
        return self


Child = str | None
NOTHING: Final = Html("")


def escaped(text: str) -> Html:
    return text if isinstance(text, Html) else Html(escape(text))


def joined(*children: Child, by: str = "") -> Html:
    """The children that are there, one after the other."""
    return Html(by.join([escaped(child) for child in children if child]))


def lines(*children: Child) -> Html:
    """As `joined`, with white space between them, so that words of two elements never run into one."""
    return joined(*children, by="\n")


def tag(name: str, /, *children: Child, **attributes: str | int | bool | None) -> Html:
    """An element. `class_` is `class`, `data_key` is `data-key`; None and False leave an attribute out, True is bare.

    What an attribute is called is ours to say, never a stranger's.
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

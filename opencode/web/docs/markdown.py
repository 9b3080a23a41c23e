"""A document's Markdown as HTML, with an anchor at each heading and links that stay inside the console.

The files are the project's own; raw HTML in them is shown as text all the same. Styles in attributes, which the
page's policy forbids, become classes.
"""

import posixpath
import re
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

_OUTSIDE: Final = ("http://", "https://", "mailto:")
_LAST: Final = 3
"""The level of headings down to which an outline goes."""


class Heading(NamedTuple):
    level: int
    anchor: str
    text: str


class Passage(NamedTuple):
    """What stands under one heading, as plain text; `anchor` is empty before the first one."""

    anchor: str
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """`html` is without the document's own title."""

    title: str
    html: SafeString
    outline: tuple[Heading, ...]
    passages: tuple[Passage, ...]


def rendered_markdown(text: str, file: str, addresses: Mapping[str, str]) -> Rendered:
    """`file` is the text's path from the project's folder; `addresses` say where files are shown."""
    tokens = _PARSER.parse(text)
    title, tokens = _without_title(tokens)
    headings = list(_anchored(tokens))
    for token in tokens:
        for child in token.children or []:
            if child.type == "link_open":
                _redirect(child, file, addresses)
    html: str = _PARSER.renderer.render(tokens, _PARSER.options, {})
    outline = tuple(heading for heading in headings if heading.level <= _LAST)
    return Rendered(title, mark_safe(html), outline, tuple(_passages(tokens)))  # noqa: S308 - the parser escapes


def _without_title(tokens: list[Token]) -> tuple[str, list[Token]]:
    if tokens and tokens[0].type == "heading_open" and tokens[0].tag == "h1":
        return _plain(tokens[1]), tokens[3:]
    return "", tokens


def _anchored(tokens: Sequence[Token]) -> Iterable[Heading]:
    """Give each heading its id, the same that code hosts give it, so that links work in both places."""
    taken: dict[str, int] = {}
    for place, token in enumerate(tokens):
        if token.type != "heading_open":
            continue
        text = _plain(tokens[place + 1])
        anchor = re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-")
        number = taken.get(anchor, 0)
        taken[anchor] = number + 1
        anchor = f"{anchor}-{number}" if number else anchor
        token.attrSet("id", anchor)
        yield Heading(int(token.tag[1]), anchor, text)


def _redirect(link: Token, file: str, addresses: Mapping[str, str]) -> None:
    target = str(link.attrGet("href") or "")
    if target.startswith(_OUTSIDE):
        link.attrSet("rel", "noopener noreferrer")
        return
    path, _, anchor = target.partition("#")
    if not path:
        return
    wanted = posixpath.normpath(posixpath.join(posixpath.dirname(file), path))
    address = addresses.get(wanted)
    if address is None:
        # Not shown here, as the licence's text: the words stay without a link.
        link.attrs = {}
        return
    link.attrSet("href", f"/docs/{address}{'#' + anchor if anchor else ''}")


def _passages(tokens: Sequence[Token]) -> Iterable[Passage]:
    anchor, heading = "", ""
    texts: list[str] = []
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            yield Passage(anchor, heading, " ".join(texts))
            anchor, heading, texts = str(token.attrGet("id")), _plain(tokens[place + 1]), []
        elif token.type == "inline" and tokens[place - 1].type != "heading_open":
            texts.append(_plain(token))
        elif token.type in {"fence", "code_block"}:
            texts.append(token.content)
    yield Passage(anchor, heading, " ".join(texts))


def _plain(inline: Token) -> str:
    """The text of a paragraph or heading."""
    return "".join(" " if each.type == "softbreak" else each.content for each in inline.children or [])


def _fence(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]) -> str:
    number = env["blocks"] = env.get("blocks", 0) + 1
    return (
        f'<div class="command"><pre id="code-{number}" tabindex="0">{escapeHtml(tokens[index].content)}</pre>'
        f'<button class="button small needs-js" type="button" data-copy="#code-{number}">'
        "<span data-copy-label>Copy</span></button></div>\n"
    )


def _cell(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]) -> str:
    token = tokens[index]
    is_number = str(token.attrGet("style") or "").endswith("right")
    return f'<{token.tag} class="num">' if is_number else f"<{token.tag}>"


def _table(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]) -> str:
    if tokens[index].nesting != 1:
        return "</table></div>\n"
    return '<div class="table-wrap" tabindex="0" role="group" aria-label="Table"><table class="table">\n'


def _image(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]) -> str:
    """Pictures are for the repository's own pages: here the console itself is in front of the reader."""
    return ""


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    rules = {"fence": _fence, "code_block": _fence, "image": _image, "th_open": _cell, "td_open": _cell}
    for name, rule in {**rules, "table_open": _table, "table_close": _table}.items():
        parser.add_render_rule(name, rule)
    return parser


_PARSER: Final = _parser()

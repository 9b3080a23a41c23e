"""Markdown to sanitised HTML, in two barriers: the parser emits no raw HTML, and nh3 passes only listed tags."""

from collections.abc import MutableMapping, Sequence
from typing import Any, Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from sync.render.effort import is_cautious
from sync.render.highlight import highlight_lines
from sync.render.html import Html, escaped, tag
from sync.render.languages import language_of_fence

MARKDOWN_CHARACTERS: Final = 100_000

_BLOCKS: Final = {"p", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "hr", "div"}
_TABLES: Final = {"table", "thead", "tbody", "tr", "th", "td"}
_INLINE: Final = {"a", "br", "code", "em", "strong", "s", "span"}
_TOKEN_CLASSES: Final = {
    *(f"tok-{name}" for name in ("comment", "keyword", "type", "function", "string", "number", "meta")),
    *("tok-inserted", "tok-deleted", "bidi-mark"),
}
_CLEANER: Final = nh3.Cleaner(
    tags=_BLOCKS | _TABLES | _INLINE,
    attributes={"a": {"href", "title"}, "ol": {"start"}},
    tag_attribute_values={
        "div": {"tabindex": {"0"}, "role": {"group"}, "aria-label": {"table"}, "dir": {"auto"}},
        "pre": {"tabindex": {"0"}},
        **{tag: {"dir": {"auto"}} for tag in ("p", "h4", "h5", "h6", "ul", "ol", "blockquote")},
    },
    allowed_classes={
        "span": _TOKEN_CLASSES,
        "pre": {"listing"},
        "div": {"table-scroll"},
        "th": {"align-right", "align-center"},
        "td": {"align-right", "align-center"},
    },
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel="noopener noreferrer nofollow ugc",
)


def render_markdown(text: str) -> Html:
    """Safe HTML of an untrusted text; plain lines beyond MARKDOWN_CHARACTERS or in a cautious rendering."""
    if len(text) > MARKDOWN_CHARACTERS or is_cautious():
        return tag("div", text, class_="plain-text", dir="auto")
    return Html(_CLEANER.clean(_PARSER.render(text)))


def _fence(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]) -> str:
    token = tokens[index]
    text = token.content.expandtabs(4)
    lines = highlight_lines(text, language_of_fence(token.info))
    return f'<pre class="listing" tabindex="0"><code>{chr(10).join(lines)}</code></pre>\n'


def _image(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]) -> str:
    """A remote picture would reveal readers to its host, so it becomes a link."""
    token = tokens[index]
    address = str(token.attrGet("src") or "")
    label = self.renderInlineAsText(token.children, options, env) if token.children else ""
    return f'<a href="{escaped(address)}">{escaped(label or "picture")}</a>'


def _heading(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]
) -> str:
    """Maps the levels a text uses, in order, to h4, h5 and h6, below the page's own headings."""
    if "levels" not in env:
        env["levels"] = sorted({token.tag for token in tokens if token.type == "heading_open"})
    level = min(6, 4 + env["levels"].index(tokens[index].tag))
    return f'<h{level} dir="auto">' if tokens[index].nesting == 1 else f"</h{level}>\n"


def _block(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]) -> str:
    """Each outermost block finds its own text direction; blocks inside follow it."""
    token = tokens[index]
    if token.level == 0 and not token.hidden:
        token.attrSet("dir", "auto")
    return self.renderToken(tokens, index, options, env)


def _cell(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]) -> str:
    """The parser aligns by inline style, which the page's policy forbids: use a class instead."""
    token = tokens[index]
    side = str(token.attrGet("style") or "").partition(":")[2]
    return f'<{token.tag} class="align-{side}">' if side in {"right", "center"} else f"<{token.tag}>"


def _table(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]) -> str:
    if tokens[index].nesting != 1:
        return "</table></div>"
    return '<div class="table-scroll" dir="auto" tabindex="0" role="group" aria-label="table"><table>'


def _build_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": True}).enable(["table", "strikethrough", "linkify"])
    # `README.md` and `main.rs` are file names, not hosts in Moldova and Serbia.
    assert parser.linkify is not None
    parser.linkify.set({"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
    for name, rule in _RULES.items():
        parser.add_render_rule(name, rule)
    return parser


_RULES: Final = {
    "fence": _fence,
    "code_block": _fence,
    "image": _image,
    "heading_open": _heading,
    "heading_close": _heading,
    "th_open": _cell,
    "td_open": _cell,
    "table_open": _table,
    "table_close": _table,
    **dict.fromkeys(("paragraph_open", "bullet_list_open", "ordered_list_open", "blockquote_open"), _block),
}
# The link finder keeps the text it works on, so a parser serves one thread.
_PARSER: Final = _build_parser()

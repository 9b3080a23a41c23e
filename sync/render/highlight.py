"""Code to lines of escaped HTML with a few token classes, within bounds of size and effort."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from typing import Final

from pygments.token import Comment, Generic, Keyword, Name, Number, Operator, String, _TokenType

from sync.render.effort import may_colour
from sync.render.html import Html, escaped, tag
from sync.render.languages import lexer_for

HIGHLIGHT_BYTES: Final = 100_000
LINE_CHARACTERS: Final = 5_000

_CLASSES: Final[tuple[tuple[_TokenType, str], ...]] = (
    (Comment.Preproc, "tok-meta"),
    (Comment, "tok-comment"),
    (Keyword.Type, "tok-type"),
    (Keyword.Constant, "tok-number"),
    (Keyword, "tok-keyword"),
    (Operator.Word, "tok-keyword"),
    (Name.Function, "tok-function"),
    (Name.Class, "tok-type"),
    (Name.Tag, "tok-keyword"),
    (Name.Attribute, "tok-function"),
    (Name.Decorator, "tok-meta"),
    (Name.Builtin, "tok-type"),
    (String, "tok-string"),
    (Number, "tok-number"),
    (Generic.Inserted, "tok-inserted"),
    (Generic.Deleted, "tok-deleted"),
    (Generic.Heading, "tok-keyword"),
    (Generic.Subheading, "tok-meta"),
)
# Characters that change the reading order: shown by name in code, where order carries meaning.
REORDERING: Final = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")


@lru_cache(maxsize=512)
def token_class(kind: _TokenType) -> str:
    return next((name for family, name in _CLASSES if family == kind[: len(family)]), "")


def escape_code(text: str) -> Html:
    """Escaped text; characters that change the reading order of their line are shown by name."""
    safe = escaped(text)
    if REORDERING.search(safe) is None:
        return safe
    return Html(REORDERING.sub(lambda found: tag("span", f"U+{ord(found.group()):04X}", class_="bidi-mark"), safe))


def highlight_lines(text: str, language: str = "") -> list[Html]:
    """One piece of safe HTML a line; plain when the language is unknown or the text exceeds the limits."""
    lines = text.split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    is_long = len(text) > HIGHLIGHT_BYTES or any(len(line) > LINE_CHARACTERS for line in lines)
    if not language or is_long or not may_colour():
        return [escape_code(line) for line in lines]
    marked = "".join(_spans(text, language)).split("\n")
    return [Html(line) for line in marked[: len(lines)]]


def _spans(text: str, language: str) -> Iterator[str]:
    """Runs of one class as spans that never cross a line; plain once the entry's allowance is used up."""
    position = 0
    tokens = lexer_for(language).get_tokens_unprocessed(text)
    for name, run in groupby(tokens, lambda token: token_class(token[1])):
        value = "".join(token[2] for token in run)
        position += len(value)
        yield _span(name, escape_code(value))
        if not may_colour():
            yield escape_code(text[position:])
            return


def _span(name: str, safe: Html) -> str:
    if not name:
        return safe
    return "\n".join(f'<span class="{name}">{line}</span>' if line.strip() else line for line in safe.split("\n"))

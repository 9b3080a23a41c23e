"""Code to lines of escaped HTML with a few token classes, within bounds of size and time."""

import re
import time
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby

from django.utils.html import escape
from pygments.token import Comment, Generic, Keyword, Name, Number, Operator, String, _TokenType

from sync.transcript.languages import lexer_for

HIGHLIGHT_BYTES = 100_000
LINE_CHARACTERS = 5_000
HIGHLIGHT_SECONDS = 0.25

_CLASSES: tuple[tuple[_TokenType, str], ...] = (
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
# Characters that reorder what is read: shown by name in code, where order is meaning.
_REORDERING = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")


@lru_cache(maxsize=512)
def token_class(kind: _TokenType) -> str:
    return next((name for family, name in _CLASSES if family == kind[: len(family)]), "")


def escape_code(text: str) -> str:
    """Escaped text in which characters that reorder their line are spelt out."""
    escaped = str(escape(text))
    if _REORDERING.search(escaped) is None:
        return escaped
    return _REORDERING.sub(lambda found: f'<span class="bidi-mark">U+{ord(found.group()):04X}</span>', escaped)


def highlight_lines(text: str, language: str = "") -> list[str]:
    """One string of safe HTML a line; plain where the language is unknown or the text is beyond the bounds."""
    lines = text.split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    if not language or len(text) > HIGHLIGHT_BYTES or any(len(line) > LINE_CHARACTERS for line in lines):
        return [escape_code(line) for line in lines]
    marked = "".join(_spans(text, language)).split("\n")
    return marked[: len(lines)]


def _spans(text: str, language: str) -> Iterator[str]:
    """Runs of one class as spans that never cross a line; what is left when the time is up comes plain."""
    deadline = time.monotonic() + HIGHLIGHT_SECONDS
    position = 0
    tokens = lexer_for(language).get_tokens_unprocessed(text)
    for name, run in groupby(tokens, lambda token: token_class(token[1])):
        value = "".join(token[2] for token in run)
        position += len(value)
        yield _span(name, escape_code(value))
        if time.monotonic() > deadline:
            yield escape_code(text[position:])
            return


def _span(name: str, escaped: str) -> str:
    if not name:
        return escaped
    return "\n".join(f'<span class="{name}">{line}</span>' if line.strip() else line for line in escaped.split("\n"))

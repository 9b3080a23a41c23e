"""Blocks of code and program output: highlighted, folded after some lines, cut beyond a size."""

from dataclasses import dataclass
from typing import Final

from sync.render.highlight import highlight_lines
from sync.render.html import Html, block, tag
from sync.render.wording import byte_size, plural, terminal_text

SHOWN_LINES: Final = 16
FOLD_SLACK_LINES: Final = 4
KEPT_CHARACTERS: Final = 256_000


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A block in three parts: `head` is shown, `rest` opens on request, `cut` says what the page leaves out."""

    head: Html
    rest: Html
    rest_label: str
    cut: str
    label: str = ""
    language: str = ""
    kind: str = "code"


def code_block(text: str, *, language: str = "", label: str = "", kind: str = "code") -> CodeBlock:
    """A block of `text`; `kind` (code, output, command) only decides how it looks."""
    kept = terminal_text(text[:KEPT_CHARACTERS]).replace("\r", "\n").expandtabs(4)
    lines = highlight_lines(kept, language)
    shown = len(lines) if len(lines) <= SHOWN_LINES + FOLD_SLACK_LINES else SHOWN_LINES
    cut = len(text) - KEPT_CHARACTERS
    return CodeBlock(
        head=Html("\n".join(lines[:shown])),
        rest=Html("\n".join(lines[shown:])),
        rest_label=plural(len(lines) - shown, "more line"),
        cut=f"The last {byte_size(cut)} are not shown here; the JSON export has them." if cut > 0 else "",
        label=label,
        language=language,
        kind=kind,
    )


def code_figure(code: CodeBlock, fold: str = "code") -> Html:
    """The block as HTML; `fold` names its fold within the entry."""
    head = tag("figcaption", tag("bdi", code.label)) if code.label else None
    rest = block("details", tag("summary", code.rest_label), listing(code.rest), class_="more", data_fold=fold)
    cut = tag("p", code.cut, class_="cut") if code.cut else None
    return block(
        "figure", head, listing(code.head), rest if code.rest else None, cut, class_=f"code-block code-{code.kind}"
    )


def listing(code: Html) -> Html:
    return tag("pre", tag("code", code), class_="listing", tabindex=0)

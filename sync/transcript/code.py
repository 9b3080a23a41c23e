"""Blocks of code and program output: highlighted, folded after some lines, cut beyond a size."""

from dataclasses import dataclass

from django.utils.safestring import SafeString, mark_safe

from sync.transcript.highlight import highlight_lines
from sync.transcript.wording import byte_size, plural, terminal_text

SHOWN_LINES = 16
FOLD_SLACK_LINES = 4
KEPT_CHARACTERS = 256_000


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """`head` is shown, `rest` opens on request, `cut` says what the page leaves out."""

    head: SafeString
    rest: SafeString
    rest_label: str
    cut: str
    label: str = ""
    language: str = ""
    kind: str = "code"


def code_block(text: str, *, language: str = "", label: str = "", kind: str = "code") -> CodeBlock:
    """A block of `text`; `kind` (code, output, command) only names how it looks."""
    kept = terminal_text(text[:KEPT_CHARACTERS]).replace("\r", "\n").expandtabs(4)
    lines = highlight_lines(kept, language)
    shown = len(lines) if len(lines) <= SHOWN_LINES + FOLD_SLACK_LINES else SHOWN_LINES
    cut = len(text) - KEPT_CHARACTERS
    return CodeBlock(
        head=joined(lines[:shown]),
        rest=joined(lines[shown:]),
        rest_label=plural(len(lines) - shown, "more line"),
        cut=f"The last {byte_size(cut)} are not shown here; the JSON export has them." if cut > 0 else "",
        label=label,
        language=language,
        kind=kind,
    )


def joined(safe_lines: list[str]) -> SafeString:
    """Lines that were escaped by the highlighter, as one piece of HTML."""
    return mark_safe("\n".join(safe_lines))  # noqa: S308 - every line comes escaped from highlight_lines

"""A program's output: its first and its last lines, what is between on demand, a piece at a time.

An output of any length is a few kilobytes in a page. What is between the two ends stands in a fold when it is short;
otherwise a link leads to pages of it, CHUNK_CHARACTERS each.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from sync.render.fields import at, pretty_json, text_at
from sync.render.highlight import REORDERING, highlight_lines
from sync.render.html import Html, block, joined, tag
from sync.render.wording import byte_size, plural, terminal_text

HEAD_LINES: Final = 10
TAIL_LINES: Final = 24
# Up to so much is shown without a break.
WHOLE_LINES: Final = 44
WHOLE_CHARACTERS: Final = 6_000
HEAD_CHARACTERS: Final = 2_000
TAIL_CHARACTERS: Final = 4_000
# What is between, up to so much, stands in a fold.
FOLD_CHARACTERS: Final = 12_000
CHUNK_CHARACTERS: Final = 32_000
CHUNK_LINES: Final = 1_000
# Each is spelt out by its name, which is forty times as long. An output with more of them shows none by name.
NAMED_CHARACTERS: Final = 300


class Excerpt(NamedTuple):
    """Both ends of a text, and what is between; `middle` and `tail` are empty when `head` is all of it."""

    head: str
    middle: str = ""
    tail: str = ""


def printed(text: str) -> str:
    """The text as a terminal shows it in the end, without escapes; the last line break is left out."""
    shown = terminal_text(text).replace("\r", "\n").expandtabs(4)
    if len(REORDERING.findall(shown)) > NAMED_CHARACTERS:
        shown = REORDERING.sub("\ufffd", shown)
    return shown[:-1] if shown.endswith("\n") else shown


def excerpt(text: str) -> Excerpt:
    """Lines are whole, unless they are longer than an end may be."""
    if len(text) <= WHOLE_CHARACTERS and text.count("\n") < WHOLE_LINES:
        return Excerpt(text)
    start = min(_after_lines(text, HEAD_LINES), HEAD_CHARACTERS)
    end = max(_before_lines(text, TAIL_LINES), len(text) - TAIL_CHARACTERS, start)
    return Excerpt(text[:start], text[start:end], text[end:])


def output_of(state: object) -> str:
    """What a tool call put out, or what a running program has printed so far; JSON for what is no text."""
    output = at(state, "output")
    if output is None:
        output = at(state, "metadata", "output")
    if output is None:
        return ""
    return output if isinstance(output, str) else pretty_json(output)


def raw_result(part: object) -> str:
    """A tool call's output as the agent sent it; its error when it has no output."""
    state = at(part, "state")
    return output_of(state) or text_at(state, "error")


def result_of(part: object) -> str:
    """The text that the pages of a tool call's output show."""
    return printed(raw_result(part))


def output_figure(text: str, key: str, *, label: str = "Output", language: str = "", note: str = "") -> Html:
    """The ends of an output. `key` names its entry; without one nothing leads to the rest but the JSON export."""
    shown = printed(text)
    ends = excerpt(shown)
    return block(
        "figure",
        block("figcaption", tag("bdi", label), _raw_link(key) if key and ends.middle else None),
        _listing(ends.head, language),
        _between(ends.middle, key) if ends.middle else None,
        _listing(ends.tail, "") if ends.tail else None,
        tag("p", note, class_="output-note") if note else None,
        class_="code-block code-output",
    )


def chunk_figure(text: str, key: str, number: int) -> Html:
    """One page of an output, with links to those around it."""
    bounds = list(_chunks(text))
    number = min(number, len(bounds) - 1)
    start, end = bounds[number]
    links = block(
        "nav",
        _chunk_link(key, number - 1, "Earlier lines") if number else None,
        tag("span", f"Page {number + 1} of {len(bounds)}"),
        _chunk_link(key, number + 1, "Later lines", rel="next") if number + 1 < len(bounds) else None,
        _raw_link(key),
        class_="output-pages",
        aria_label="Pages of the output",
    )
    code = _listing(text[start:end], "")
    return block("figure", links, code, class_="code-block code-output output-page", data_chunk=number)


def _chunks(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(text) or not start:
        end = min(start + CHUNK_CHARACTERS, start + _after_lines(text[start : start + CHUNK_CHARACTERS], CHUNK_LINES))
        if end < len(text):
            # A line is cut only when it is longer than a page.
            end = text.rfind("\n", start, end) + 1 or end
        yield start, end
        start = max(end, 1)


def _between(middle: str, key: str) -> Html:
    size = f"{plural(max(1, middle.count(chr(10))), 'more line')} ({byte_size(len(middle.encode('utf-8', 'replace')))})"
    if len(middle) <= FOLD_CHARACTERS:
        return block("details", tag("summary", size), _listing(middle, ""), class_="more", data_fold="output")
    link = _chunk_link(key, 0, "Show them in pages") if key else "the JSON export has them"
    return tag("p", joined(f"{size} between.", link, by=" "), class_="output-gap")


def _chunk_link(key: str, number: int, words: str, rel: str | None = None) -> Html:
    return tag("a", words, href=f"?entry={key}&chunk={number}", rel=rel)


def _raw_link(key: str) -> Html:
    return tag("a", "Raw", href=f"?entry={key}&raw=1", class_="output-raw")


def _listing(text: str, language: str) -> Html:
    lines = Html("\n".join(highlight_lines(text, language)))
    return tag("pre", tag("code", lines), class_="listing", tabindex=0)


def _after_lines(text: str, count: int) -> int:
    """Where the first `count` lines end."""
    place = 0
    for _ in range(count):
        place = text.find("\n", place) + 1
        if not place:
            return len(text)
    return place


def _before_lines(text: str, count: int) -> int:
    """Where the last `count` lines begin."""
    place = len(text)
    for _ in range(count):
        place = text.rfind("\n", 0, place)
        if place < 0:
            return 0
    return place + 1

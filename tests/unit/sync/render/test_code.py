"""Code and output: coloured within bounds, folded, nothing reordered on the sly."""

import sys

import msgspec
import pytest

from sync.render import effort
from sync.render.code import KEPT_CHARACTERS, SHOWN_LINES, code_block
from sync.render.entries import Job, render
from sync.render.highlight import HIGHLIGHT_BYTES, highlight_lines
from sync.render.languages import language_of_fence, language_of_file
from tests.unit.sync.transcript.entries import text_of

PYTHON = Job("html", "session/part/ses_1/msg_1/prt_1", 1, '{"type": "text", "text": "```py\\nimport os\\n```"}')


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("/a/b/main.py", "python"),
        ("C:\\src\\App.TSX", "typescript"),
        ("Dockerfile", "docker"),
        ("Makefile", "make"),
        ("notes", ""),
        ("x.unknown", ""),
        ("", ""),
    ],
)
def test_language_of_a_file_name(name: str, language: str) -> None:
    assert language_of_file(name) == language


@pytest.mark.parametrize(
    ("info", "language"), [("py", "python"), ("Rust title=x", "rust"), ("", ""), ("brainfuck", "")]
)
def test_language_of_a_fence(info: str, language: str) -> None:
    assert language_of_fence(info) == language


@pytest.mark.parametrize("language", ["python", "html", "bash", "json", "markdown", "php", "diff"])
def test_highlighting_keeps_every_character(language: str) -> None:
    text = '\n  def f(a) <b> & \'x\' """\n\n\tlast\n # end'
    assert text_of("\n".join(highlight_lines(text, language))) == text


def test_spans_never_cross_a_line() -> None:
    lines = highlight_lines('"""one\ntwo\nthree"""', "python")
    assert [line.count("<span") == line.count("</span>") for line in lines] == [True, True, True]


def test_markup_in_code_is_text() -> None:
    assert highlight_lines("<script>", "")[0] == "&lt;script&gt;"
    assert "<script" not in highlight_lines("<script>alert(1)</script>", "html")[0]


def test_text_beyond_the_bounds_is_not_coloured() -> None:
    assert "<span" not in "".join(highlight_lines("x = 1\n" * (HIGHLIGHT_BYTES // 6 + 1), "python"))
    assert "<span" not in "".join(highlight_lines("x = " + "1" * 6_000, "python"))


def test_an_entry_without_time_left_for_colours_is_plain_and_the_next_has_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(effort, "COLOUR_SECONDS", 0.0)
    assert "tok-keyword" not in render(PYTHON).text
    monkeypatch.setattr(effort, "COLOUR_SECONDS", 60.0)
    assert "tok-keyword" in render(PYTHON).text


@pytest.mark.parametrize("bound", [{"seconds": 0.0, "is_cautious": False}, {"seconds": 60.0, "is_cautious": True}])
def test_what_bounds_an_entry_ends_with_it(bound: dict[str, float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effort, "COLOUR_SECONDS", bound["seconds"])
    render(msgspec.structs.replace(PYTHON, is_cautious=bool(bound["is_cautious"])))
    assert "tok-keyword" in highlight_lines("import os", "python")[0]


def test_a_fence_in_a_markdown_file_loads_no_lexer_of_its_choice() -> None:
    assert "tok-keyword" not in highlight_lines("```ada\nbegin\n```\n", "markdown")[1]
    assert "pygments.lexers.ada" not in sys.modules


def test_characters_that_reorder_code_are_spelt_out() -> None:
    line = highlight_lines("access = 'user\u202e // admin\u2066'", "python")[0]
    assert '<span class="bidi-mark">U+202E</span>' in line
    assert '<span class="bidi-mark">U+2066</span>' in line
    assert "\u202e" not in line


def test_short_text_is_not_folded() -> None:
    block = code_block("\n".join("x" * (SHOWN_LINES + 4)))
    assert block.rest == ""


def test_long_text_is_folded_and_complete() -> None:
    text = "\n".join(f"line {number}" for number in range(200))
    block = code_block(text)
    assert block.head.count("\n") == SHOWN_LINES - 1
    assert block.rest_label == f"{200 - SHOWN_LINES} more lines"
    assert text_of(f"{block.head}\n{block.rest}") == text


def test_huge_text_is_cut_and_says_so() -> None:
    block = code_block("x\n" * KEPT_CHARACTERS)
    assert "256 KB" in block.cut
    assert len(block.head) + len(block.rest) <= KEPT_CHARACTERS


def test_terminal_escapes_are_left_out() -> None:
    block = code_block("\x1b[31mnot ok\x1b[0m \x1b]8;;https://evil.example\x07link\x1b]8;;\x07")
    assert block.head == "not ok link"


def test_carriage_returns_start_new_lines() -> None:
    assert code_block("10 %\r20 %\r\ndone").head == "10 %\n20 %\ndone"

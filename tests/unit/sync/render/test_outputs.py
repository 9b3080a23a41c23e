"""Long outputs: both ends in the page, what is between on demand, nothing lost, all of it bounded."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.render.entries import Job, render
from sync.render.large import LARGE_BYTES
from sync.render.outputs import (
    CHUNK_CHARACTERS,
    CHUNK_LINES,
    HEAD_LINES,
    TAIL_LINES,
    WHOLE_LINES,
    chunk_figure,
    excerpt,
    output_figure,
    printed,
)
from sync.render.parts import part_body
from tests.unit.sync.transcript.entries import text_of, tool

KEY = "session/part/ses_1/msg_1/prt_1"


def numbered(count: int) -> str:
    return "\n".join(f"line {number}" for number in range(count))


def pages(text: str) -> list[str]:
    """The texts of all pages of an output."""
    count = int(re.findall(r"Page 1 of (\d+)", chunk_figure(text, KEY, 0))[0])
    return [text_of(re.findall(r"<code>(.*?)</code>", chunk_figure(text, KEY, n), re.DOTALL)[0]) for n in range(count)]


def test_a_short_output_is_shown_whole() -> None:
    assert excerpt(numbered(WHOLE_LINES)) == (numbered(WHOLE_LINES), "", "")
    assert "Raw" not in output_figure(numbered(3), KEY)


@given(st.lists(st.sampled_from(["", "x", "y" * 90, "z" * 5_000]), max_size=200).map("\n".join))
def test_the_ends_and_what_is_between_are_the_output(text: str) -> None:
    ends = excerpt(text)
    assert "".join(ends) == text
    assert len(ends.head) <= 6_000
    assert len(ends.tail) <= 4_000


def test_the_tail_of_a_long_output_is_in_the_page() -> None:
    head, middle, tail = excerpt(numbered(5_000) + "\n1 failed, 4999 passed")
    assert head.splitlines() == [f"line {number}" for number in range(HEAD_LINES)]
    assert tail.splitlines()[-1] == "1 failed, 4999 passed"
    assert len(tail.splitlines()) == TAIL_LINES
    assert middle.startswith(f"line {HEAD_LINES}\n")


def test_what_is_between_unfolds_when_it_is_short_and_is_a_link_when_it_is_long() -> None:
    short, long = (output_figure(numbered(count), KEY) for count in (200, 5_000))
    assert "<summary>166 more lines (1.4 KB)</summary>" in short
    assert f'4,966 more lines (49 KB) between. <a href="?entry={KEY}&amp;chunk=0">Show them in pages</a>' in long
    assert f'<a href="?entry={KEY}&amp;raw=1" class="output-raw">Raw</a>' in long
    assert "<details" not in long


def test_an_output_inside_a_message_has_no_pages() -> None:
    assert "the JSON export has them" in output_figure(numbered(5_000), "")
    assert "href" not in output_figure(numbered(5_000), "")


@pytest.mark.parametrize(
    "text",
    ["x" * 2_000_000, "\n" * 2_000_000, "&" * 400_000, "<b>\n" * 400_000, "\x1b[31m\u202e" * 90_000, numbered(90_000)],
)
def test_a_page_holds_little_of_any_output(text: str) -> None:
    data = tool("bash", {"command": "make"}, output=text, metadata={"exit": 1})
    assert len(part_body(data, KEY)) < LARGE_BYTES
    assert all(len(chunk_figure(printed(text), KEY, number)) < 8 * CHUNK_CHARACTERS for number in (0, 1, 10**6))


@given(st.lists(st.sampled_from(["", "x", "y" * 90, "z" * 50_000]), max_size=300).map("\n".join))
def test_the_pages_together_are_the_output(text: str) -> None:
    shown = pages(text)
    assert "".join(shown).replace("\n", "") == text.replace("\n", "")
    assert all(page.count("\n") <= CHUNK_LINES for page in shown)


def test_pages_break_between_long_lines_too() -> None:
    shown = pages("\n".join(f"{number} {'x' * 90}" for number in range(2_000)))
    assert len(shown) > 3
    assert {len(line.partition(" ")[2]) for page in shown for line in page.splitlines()} == {90}


def test_a_figure_holds_the_tail() -> None:
    assert output_figure(f"{numbered(5_000)}\nthe end", KEY).count("the end") == 1


def test_pages_break_between_lines() -> None:
    first, *_, last = pages(numbered(9_000))
    assert first.splitlines()[-1] == f"line {len(first.splitlines()) - 1}"
    assert last.splitlines()[-1] == "line 8999"


def test_pages_lead_to_those_around_them() -> None:
    first, second, last = (chunk_figure(numbered(3_000), KEY, number) for number in (0, 1, 99))
    assert "Earlier lines" not in first
    assert f'<a href="?entry={KEY}&amp;chunk=1" rel="next">Later lines</a>' in first
    assert f'<a href="?entry={KEY}&amp;chunk=0">Earlier lines</a>' in second
    assert "Page 3 of 3" in last
    assert "Later lines" not in last


def test_a_job_for_a_page_gives_the_output_or_the_error() -> None:
    failed = '{"type": "tool", "state": {"status": "error", "error": "no such file"}}'
    assert "no such file" in render(Job("output", KEY, 1, failed)).text
    assert render(Job("raw", KEY, 1, failed)).text == "no such file"
    coloured = '{"type": "tool", "state": {"status": "completed", "output": "\\u001b[31mred"}}'
    assert ">red<" in render(Job("output", KEY, 1, coloured)).text
    assert render(Job("raw", KEY, 1, coloured)).text == "\x1b[31mred"


@pytest.mark.parametrize("key", [KEY, "session/message/ses_1/msg_1", "session/todo/ses_1"])
def test_only_tool_calls_have_pages_of_output(key: str) -> None:
    assert render(Job("output", key, 1, '{"type": "text", "text": "hi"}')).text == ""
    assert render(Job("raw", key, 1, '{"type": "text", "text": "hi"}')).text == ""

"""One line of visible text."""

import pytest

from opencode.lib.textlines import is_visible, one_line, visible_part


@pytest.mark.parametrize(
    ("text", "line"), [("  a \n b ", "a b"), ("Zoë 😀", "Zoë 😀"), ("\u00a0a\u2003b", "a b"), ("", "")]
)
def test_words_stand_in_one_line(text: str, line: str) -> None:
    assert one_line(text) == line
    assert is_visible(line)


@pytest.mark.parametrize("text", ["a\u202eb", "a\x00b", "a\u200bb", "a\x1b[0mb"])
def test_what_cannot_be_seen_is_told_and_left_out(text: str) -> None:
    assert not is_visible(text)
    assert is_visible(visible_part(text))
    assert visible_part(text).startswith("a ")

"""Two versions of a configuration, line by line."""

from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from workspaces.configuration import compared

LINES = st.lists(st.sampled_from(["{", "}", '  "a": 1,', '  "b": 2']), max_size=12).map("\n".join)


def test_change_is_shown_with_its_surroundings_and_numbers() -> None:
    old = "\n".join(str(number) for number in range(1, 21))
    lines = compared(old, old.replace("10", "ten"))
    assert [(line.kind, line.old, line.new, line.text) for line in lines] == [
        ("gap", None, None, "6"),
        ("same", 7, 7, "7"),
        ("same", 8, 8, "8"),
        ("same", 9, 9, "9"),
        ("removed", 10, None, "10"),
        ("added", None, 10, "ten"),
        ("same", 11, 11, "11"),
        ("same", 12, 12, "12"),
        ("same", 13, 13, "13"),
        ("gap", None, None, "7"),
    ]


@given(old=LINES, new=LINES)
def test_both_texts_can_be_read_off_the_lines(old: str, new: str) -> None:
    lines = compared(old, new)
    olds = {line.old: line.text for line in lines if line.old is not None}
    news = {line.new: line.text for line in lines if line.new is not None}
    assert all(old.splitlines()[number - 1] == text for number, text in olds.items())
    assert all(new.splitlines()[number - 1] == text for number, text in news.items())
    assert (lines == []) == (old.splitlines() == new.splitlines())


def test_texts_that_differ_over_thousands_of_lines_are_shown_one_after_the_other() -> None:
    same = [f"same {number}" for number in range(10)]
    old, new = [f"old {number % 7}" for number in range(1500)], [f"new {number % 9}" for number in range(1200)]
    lines = compared("\n".join([*same, *old, *same]), "\n".join([*same, *new, *same]))
    kinds = [(kind, len(list(group))) for kind, group in groupby(line.kind for line in lines)]
    assert kinds == [("gap", 1), ("same", 3), ("removed", 1500), ("added", 1200), ("same", 3), ("gap", 1)]
    assert (lines[4].old, lines[4].text, lines[-2].old, lines[-2].new) == (11, "old 0", 1513, 1213)
    assert (lines[0].text, lines[-1].text) == ("7", "7")

"""Two versions of a configuration, line by line."""

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

"""What a stranger's configuration costs grows with its length, not with the square of it."""

import json
import time
from collections.abc import Callable

import pytest

from workspaces.configuration import check, compared

LIMIT = 65_536
SMALL, LARGE = 8_000, 32_000


def key_text(text: str) -> str:
    """A configuration with the text where a secret would stand."""
    return json.dumps({"provider": {"corp": {"options": {"apiKey": text}}}})


def many(size: int, entry: str, key: str = "x") -> str:
    return f'{{"{key}": [{",".join([entry] * (size // (len(entry) + 1)))}]}}'


def key_above_many(size: int) -> str:
    return many(size // 2, '"a"', key="a1" * (size // 4))


def secret_key_above_many(size: int) -> str:
    return many(size // 2, '"a"', key="token " + "a" * (size // 2 - 20))


TEXTS: dict[str, Callable[[int], str]] = {
    "one long word": lambda size: key_text("a" * size),
    "schemes without a host": lambda size: key_text("a://" * (size // 4)),
    "a host without a password": lambda size: key_text("a://b:" + "c" * size),
    "spaces and no scheme": lambda size: key_text(" " * size + "x"),
    "a scheme and spaces": lambda size: key_text("bearer" + " " * size + "x"),
    "unfinished references": lambda size: key_text("{env:a" * (size // 6)),
    "a long key above many texts": key_above_many,
    "a long key of a secret above many texts": secret_key_above_many,
    "many values": lambda size: many(size, "0"),
    "many lines": lambda size: many(size, "0\n"),
    "many unknown keys": lambda size: json.dumps({f"k{number:05}": 0 for number in range(size // 12)}, indent=0),
}


def cost(act: Callable[[], object]) -> float:
    """The processor time of the quickest of five."""
    times = []
    for _ in range(5):
        begun = time.process_time()
        act()
        times.append(time.process_time() - begun)
    return min(times)


@pytest.mark.parametrize("text", TEXTS.values(), ids=list(TEXTS))
def test_checking_four_times_the_text_costs_no_more_than_nine_times_as_much(text: Callable[[int], str]) -> None:
    small, large = text(SMALL), text(LARGE)
    assert cost(lambda: check(large, LIMIT)) < 9 * cost(lambda: check(small, LIMIT))


@pytest.mark.parametrize(
    "lines", [["x"], ["x", "y"], [f"line {number}" for number in range(100)]], ids=["one", "two", "a hundred"]
)
def test_comparing_four_times_the_lines_costs_no_more_than_nine_times_as_much(lines: list[str]) -> None:
    small, large = (lines * (size // len(lines)) for size in (4_000, 16_000))

    def act(some: list[str]) -> Callable[[], object]:
        return lambda: compared("\n".join(["a", *some, "b"]), "\n".join(["c", *reversed(some), "d"]))

    assert cost(act(large)) < 9 * cost(act(small))

"""Ids of model calls: letters only, none of them a vowel, so that an id is never taken for a number or a word."""

import random
import time
from typing import Final

LETTERS: Final = "bcdfghjklmnpqrstvwxz"
_TIME_LETTERS: Final = 12
_RANDOM_LETTERS: Final = 16
# Ids of calls are no secrets; the system's randomness would switch threads, hundreds of times a second.
_random = random.Random()  # noqa: S311


def new_call_id() -> str:
    """`req_` and 28 letters, ordered by time to the millisecond, so that rows of one moment lie together."""
    left, letters = time.time_ns() // 1_000_000, []
    for _ in range(_TIME_LETTERS):
        left, digit = divmod(left, len(LETTERS))
        letters.append(LETTERS[digit])
    return f"req_{''.join(reversed(letters))}{''.join(_random.choices(LETTERS, k=_RANDOM_LETTERS))}"

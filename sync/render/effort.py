"""How much effort a renderer may spend on an entry. Module state, as a process renders one entry at a time.

A cautious rendering only takes steps linear in its input: text is shown as it is, without Markdown, highlighting or
comparisons. An entry is rendered cautiously after its first rendering was killed.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# CPU time for highlighting all blocks of one entry. Blocks left when it is used up are plain.
COLOUR_SECONDS: Final = 0.06


class _Effort:
    is_cautious = False
    colour_until = float("inf")


@contextmanager
def one_entry(*, is_cautious: bool) -> Iterator[None]:
    """Context manager: the allowance of one entry, which ends with it. What renders outside of one is not limited."""
    _Effort.is_cautious = is_cautious
    _Effort.colour_until = time.process_time() + COLOUR_SECONDS
    try:
        yield
    finally:
        _Effort.is_cautious = False
        _Effort.colour_until = float("inf")


def is_cautious() -> bool:
    return _Effort.is_cautious


def may_colour() -> bool:
    """Whether code may still be highlighted."""
    return not _Effort.is_cautious and time.process_time() < _Effort.colour_until

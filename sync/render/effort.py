"""How much a renderer may do for the entry at hand. One entry at a time in a process, so it stands in the module.

A cautious rendering does only what is linear in its input: text is shown as it is, without Markdown, colours or
comparisons. It is what an entry gets whose first rendering was killed.
"""

import time
from typing import Final

# Of one entry's CPU: colours of all its blocks together. What is left when they are used up comes plain.
COLOUR_SECONDS: Final = 0.06


class _Effort:
    is_cautious = False
    colour_until = float("inf")


def begin_entry(*, is_cautious: bool) -> None:
    """Another entry begins, with the whole allowance."""
    _Effort.is_cautious = is_cautious
    _Effort.colour_until = time.process_time() + COLOUR_SECONDS


def is_cautious() -> bool:
    return _Effort.is_cautious


def may_colour() -> bool:
    """Whether code may (still) be highlighted."""
    return not _Effort.is_cautious and time.process_time() < _Effort.colour_until

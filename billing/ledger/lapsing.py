"""What is left of credit that was given for a period, and how much of it lapses at the end."""

from collections.abc import Sequence


def left_after(lefts: Sequence[int], spent: int) -> list[int]:
    """What is left of grants, those that end first at the front, once `spent` is taken from them in that order.

    More given back than spent leaves them as they are: it does not revive what was spent of a grant.
    """
    remaining = max(0, spent)
    found = []
    for left in lefts:
        taken = min(left, remaining)
        remaining -= taken
        found.append(left - taken)
    return found


def lapse_of(left: int, balance: int, reserved: int) -> int:
    """How much of what is left lapses: nothing that is held by running requests, and nothing below zero."""
    return min(left, max(0, balance - reserved))

"""What was decided about one operation."""

from typing import NamedTuple

from billing.ledger.facts import Facts
from billing.ledger.operations import Answer, Charge, Entry, Refusal


class Decision(NamedTuple):
    """`facts` are the same object when nothing changed; the hold of a settled request is removed from them.

    `was_expired` marks a settlement that came after its reservation had expired.
    `refusal` says what refused, or what left no room for all of what was stored.
    """

    answer: Answer
    facts: Facts
    charges: tuple[Charge, ...] = ()
    entry: Entry | None = None
    refusal: Refusal | None = None
    was_expired: bool = False

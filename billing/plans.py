"""The plans: what a workspace has by its plan. Pure data.

A plan bounds what is added; a smaller one takes nothing away that is there. Where plans are sold a workspace without
one is on the free plan; elsewhere every workspace has everything.

What is included never exceeds what the smallest workspace pays, and is the same in all plans that are sold: who changes
to another on a period's last day pays for a day, and must not get a month's credit for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from opencode.lib.money import MICRO_CENTS_PER_DOLLAR

FREE: Final = "free"
PRO: Final = "pro"
TEAM: Final = "team"


@dataclass(frozen=True, slots=True)
class Plan:
    """`seats` and `session_days`, for how many days sessions are promised to be kept, are None without a limit.

    `included` is credit for each period of the plan, a month from its beginning, in micro-cents. `cents` is what a
    month costs, once or, with `is_per_seat`, for each member.
    """

    name: str
    label: str
    seats: int | None = None
    session_days: int | None = None
    included: int = 0
    cents: int = 0
    is_per_seat: bool = False

    def seats_billed(self, members: int) -> int:
        """How many times its price is charged a month."""
        return max(1, members) if self.is_per_seat else 1

    @property
    def is_sold(self) -> bool:
        return self.cents > 0


EVERYTHING: Final = Plan("", "Everything")
PLANS: Final[Mapping[str, Plan]] = {
    plan.name: plan
    for plan in (
        Plan(FREE, "Free", seats=3, session_days=30),
        Plan(PRO, "Pro", seats=10, session_days=365, included=10 * MICRO_CENTS_PER_DOLLAR, cents=2_000),
        Plan(TEAM, "Team", included=10 * MICRO_CENTS_PER_DOLLAR, cents=2_500, is_per_seat=True),
    )
}


def entitled(name: str, *, has_plans: bool) -> Plan:
    """What a workspace with the plan of this name (empty: none) may have, where plans are sold or are not.

    Raises KeyError for an unknown one.
    """
    return PLANS[name or FREE] if has_plans else EVERYTHING

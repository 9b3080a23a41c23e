"""The plans: what a workspace has by its plan. Pure data.

A plan bounds what is added; a smaller one takes nothing away that is there. Without payments, and without a plan, a
workspace has everything.
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

    `included` is credit for each period of the plan, a month from its beginning, in micro-cents.
    """

    name: str
    label: str
    seats: int | None = None
    session_days: int | None = None
    included: int = 0


EVERYTHING: Final = Plan("", "Everything")
PLANS: Final[Mapping[str, Plan]] = {
    plan.name: plan
    for plan in (
        Plan(FREE, "Free", seats=3, session_days=30),
        Plan(PRO, "Pro", seats=10, session_days=365, included=10 * MICRO_CENTS_PER_DOLLAR),
        Plan(TEAM, "Team", included=50 * MICRO_CENTS_PER_DOLLAR),
    )
}


def entitled(name: str, *, has_payments: bool) -> Plan:
    """What a workspace with the plan of this name (empty: none) may have. Raises KeyError for an unknown one."""
    return PLANS[name] if has_payments and name else EVERYTHING

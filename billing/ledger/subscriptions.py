"""What a reading of a customer at Stripe means: which subscription counts, its plan, and whether it is paid. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

PAID: Final = frozenset({"active", "trialing"})
ENTITLED: Final = PAID | {"past_due"}
"""Stripe still tries to collect what is past due; when it gives up, the subscription ends or is `unpaid`."""
ENDED: Final = frozenset({"", "canceled", "incomplete_expired"})


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A subscription to a plan of ours. `cents` is the price of each of its `seats`; `created` seconds since 1970.

    `is_paid` says that the present period was paid; `is_paused` that nothing is collected.
    """

    id: str
    status: str
    plan: str
    item_id: str
    cents: int
    seats: int
    created: int
    begins_at: datetime
    renews_at: datetime
    ends_at: datetime | None = None
    is_paid: bool = False
    is_paused: bool = False


@dataclass(frozen=True, slots=True)
class CustomerReading:
    """A customer as Stripe shows it; `card_id` is what is charged by default, else the newest card that is saved."""

    name: str = ""
    email: str = ""
    country: str = ""
    tax_id: str = ""
    card: str = ""
    card_id: str = ""
    subscriptions: tuple[Subscribed, ...] = ()


def current_of(reading: CustomerReading) -> Subscribed | None:
    """The one that counts: what gives a plan before what does not, what has ended last, then the newest."""
    return max(reading.subscriptions, key=_weight, default=None)


def surplus_of(reading: CustomerReading) -> int:
    """How many give a plan besides the one that counts: they are paid for nothing."""
    return max(0, sum(each.status in ENTITLED for each in reading.subscriptions) - 1)


def plan_given(current: Subscribed | None) -> str:
    """The name of the plan that the subscription gives; empty for none."""
    return current.plan if current is not None and current.status in ENTITLED else ""


def allowance_source(current: Subscribed) -> str:
    """The entry of what the plan includes for the present period: one for each plan that period was paid for."""
    return f"allowance:{current.id}:{current.begins_at:%Y-%m-%d}:{current.plan}"


def _weight(one: Subscribed) -> tuple[bool, bool, int]:
    return one.status in ENTITLED, one.status not in ENDED, one.created

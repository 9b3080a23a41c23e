"""What is charged next by itself, and when; amounts are cents."""

from dataclasses import dataclass
from datetime import datetime

from billing.ledger.subscriptions import PAID
from billing.models import AutoTopUp, StripeCustomer
from billing.plans import PLANS
from billing.pricing.fees import fee_cents


@dataclass(frozen=True, slots=True)
class ChargeNext:
    """`kind` is plan or auto. `at` is None for a top-up that waits for the balance to fall below `threshold`.

    `cents` is without tax, and without what Stripe credits for a part of a period; `credit` is what a top-up adds.
    """

    kind: str
    cents: int
    at: datetime | None = None
    label: str = ""
    credit: int = 0
    threshold: int = 0


def charges_next(account_id: int, customer: StripeCustomer | None) -> list[ChargeNext]:
    """The plan's next period, if it goes on; then the next top-up, if the account tops itself up."""
    found = []
    if customer is not None and customer.status in PAID and customer.ends_at is None and not customer.is_paused:
        label = PLANS[customer.plan].label
        found.append(ChargeNext("plan", customer.cents * customer.seats, customer.period_ends_at, label))
    wish = AutoTopUp.objects.filter(pk=account_id, is_on=True, paused_at=None).first()
    if wish is not None:
        cents = wish.amount_cents + fee_cents(wish.amount_cents)
        found.append(ChargeNext("auto", cents, wish.due_at, credit=wish.amount_cents, threshold=wish.threshold_cents))
    return found


def tops_itself_up(account_id: int) -> bool:
    """Whether a balance that falls is topped up without a person."""
    return AutoTopUp.objects.filter(pk=account_id, is_on=True, paused_at=None).exists()

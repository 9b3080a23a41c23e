"""What was paid for a workspace, and the state of its payments, as pages show them. Amounts are cents."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings

from billing.models import AutoTopUp, AutoTopUpAttempt, BillingAccount, TopUp

PAYMENTS_SHOWN: Final = 50
SHOWN: Final = tuple(each for each in TopUp.State if each != TopUp.State.CREATED)
"""A page that was left without paying is no payment."""


@dataclass(frozen=True, slots=True)
class Payment:
    """One top-up. `total` is credit, fee and tax; `taken_back` is what of the credit refunds and disputes took."""

    id: int
    at: datetime
    kind: str
    state: str
    detail: str
    credit: int
    fee: int
    tax: int
    total: int
    refunded: int
    disputed: int
    taken_back: int
    card: str
    receipt_url: str
    invoice_url: str


@dataclass(frozen=True, slots=True)
class PaymentsState:
    """`code` is one of off, paused, disputed, pending, ready; `mode` is OPENCODE_PAYMENTS.

    Paused is topping up by itself, until a person does something about the card.
    """

    mode: str
    code: str

    @property
    def is_on(self) -> bool:
        return self.mode != "none"

    @property
    def is_test(self) -> bool:
        """Whether no money moves, which every page that shows money has to say."""
        return self.mode == "test"


def payments_of(account_id: int, *, before_id: int | None = None, limit: int = PAYMENTS_SHOWN) -> list[Payment]:
    """The account's payments, the newest first; those before the id, for the next page."""
    rows = TopUp.objects.filter(account_id=account_id, state__in=SHOWN)
    if before_id is not None:
        rows = rows.filter(pk__lt=before_id)
    return [payment_shown(row) for row in rows.order_by("-pk")[:limit]]


def payment_shown(row: TopUp) -> Payment:
    return Payment(
        id=row.pk,
        at=row.paid_at or row.created_at,
        kind=row.kind,
        state=row.state,
        detail=row.detail,
        credit=row.credit_cents,
        fee=row.fee_cents,
        tax=row.tax_cents,
        total=row.total_cents or row.credit_cents + row.fee_cents,
        refunded=row.refunded_cents,
        disputed=row.disputed_cents,
        taken_back=row.clawed_cents,
        card=row.card,
        receipt_url=row.receipt_url,
        invoice_url=row.invoice_url,
    )


def payments_state(account: BillingAccount) -> PaymentsState:
    """The one state that a page names, the worst first."""
    payments = settings.PAYMENTS
    if payments.mode == "none":
        return PaymentsState("none", "off")
    states = set(TopUp.objects.filter(account_id=account.pk, state__in=SHOWN).values_list("state", flat=True))
    if AutoTopUp.objects.filter(pk=account.pk, is_on=True).exclude(paused_at=None).exists():
        return PaymentsState(payments.mode, "paused")
    code = "disputed" if TopUp.State.DISPUTED in states else "pending" if TopUp.State.PENDING in states else "ready"
    return PaymentsState(payments.mode, code)


ATTEMPTS_SHOWN: Final = 5


def auto_top_up_attempts(account_id: int) -> list[AutoTopUpAttempt]:
    """The last charges of the saved card, the newest first."""
    return list(AutoTopUpAttempt.objects.filter(account_id=account_id).order_by("-epoch", "-number")[:ATTEMPTS_SHOWN])

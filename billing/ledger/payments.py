"""What a reading of a top-up at Stripe means for the ledger. Pure; amounts are cents."""

from dataclasses import dataclass
from typing import Final, NamedTuple

CURRENCY: Final = "usd"
OPEN: Final = "open"
PENDING: Final = "pending"
PAID: Final = "paid"
FAILED: Final = "failed"


@dataclass(frozen=True, slots=True)
class Reading:
    """A top-up as Stripe shows it. `status` is one of open, pending, paid and failed; `detail` says why it failed.

    `currencies` are those of everything that belongs to it. `refunded` counts refunds that have not failed; `disputed`
    is what disputes have withdrawn less what they have reinstated.
    """

    status: str
    detail: str = ""
    currencies: frozenset[str] = frozenset()
    subtotal: int = 0
    tax: int = 0
    total: int = 0
    received: int = 0
    refunded: int = 0
    disputed: int = 0
    has_open_dispute: bool = False
    intent_id: str | None = None
    invoice_id: str | None = None
    charge_id: str = ""
    card: str = ""
    receipt_url: str = ""
    invoice_url: str = ""


class Move(NamedTuple):
    """An entry's source and the amount it adds."""

    source: str
    cents: int


def refusal_of(reading: Reading, asked: int) -> str:
    """Why money that came in is not what was asked for (`asked` is credit and fee), a code; empty when it is."""
    if reading.currencies - {CURRENCY}:
        return "currency_unexpected"
    if reading.status == PAID and (reading.subtotal != asked or reading.received != asked + reading.tax):
        return "amount_unexpected"
    return ""


def claw_target(credit: int, refunded: int, disputed: int) -> int:
    """How much of the credit is to be taken back in all: never more than was given, never less than nothing."""
    return max(0, min(credit, refunded + disputed))


def claw_move(top_up_id: int, credit: int, reading: Reading, clawed: int, claws: int) -> Move | None:
    """The entry from what was taken back to what is to be; None when they agree. It gives back what was reinstated."""
    target = claw_target(credit, reading.refunded, reading.disputed)
    if target == clawed:
        return None
    return Move(f"claw:{top_up_id}:{claws + 1}", clawed - target)


def credit_source(top_up_id: int) -> str:
    return f"topup:{top_up_id}"


def state_of(reading: Reading, credit: int, refusal: str, *, is_credited: bool) -> str:
    """The top-up's state in the words of its row."""
    if refusal and not is_credited:
        return "refused"
    if reading.status == FAILED:
        return "failed"
    if reading.status != PAID:
        return "pending" if reading.status == PENDING else "created"
    if reading.has_open_dispute or reading.disputed > 0:
        return "disputed"
    return "refunded" if claw_target(credit, reading.refunded, 0) >= credit else "paid"

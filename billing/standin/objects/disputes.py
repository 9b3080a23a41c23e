"""Disputes: the money is withdrawn when one opens, and comes back when it is won."""

from typing import Any, Final

from billing.standin.objects.changes import settled
from billing.standin.objects.charges import transaction_create
from billing.standin.sandbox import Object, Sandbox, invalid

FEE_CENTS: Final = 1_500
RESPONSE_SECONDS: Final = 7 * 86_400
# Evidence with these words decides a dispute at once.
WINNING: Final = "winning_evidence"
LOSING: Final = "losing_evidence"
CLOSED: Final = ("won", "lost", "warning_closed")


def dispute_open(sandbox: Sandbox, charge: Object, reason: str) -> Object:
    """Open a dispute about what is left of a charge. An inquiry withdraws nothing and can still be refunded."""
    is_inquiry = reason == "inquiry"
    amount = charge["amount"] - charge["amount_refunded"]
    due = {"due_by": sandbox.now + RESPONSE_SECONDS, "has_evidence": False, "past_due": False, "submission_count": 0}
    dispute: Object = {
        "id": sandbox.new_id("du"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": sandbox.now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {"uncategorized_text": None},
        "evidence_details": {**due, "enhanced_eligibility": {}, "submission_method": None},
        "is_charge_refundable": is_inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {"type": "card", "card": {"brand": "visa", "case_type": "chargeback"}},
        "reason": "fraudulent" if is_inquiry else reason,
        "status": "warning_needs_response" if is_inquiry else "needs_response",
    }
    sandbox.add(dispute)
    sandbox.update(charge, {"disputed": True})
    sandbox.emit("charge.dispute.created", dispute)
    if not is_inquiry:
        _move(sandbox, dispute, -amount, FEE_CENTS)
        sandbox.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def dispute_update(sandbox: Sandbox, given: Object, id_: str) -> Object:
    """Take evidence; sent in (`submit`, the default with evidence), its words decide."""
    dispute = _open_dispute(sandbox, id_)
    changes: dict[str, Any] = settled(given, dispute, ())
    evidence = given.get("evidence") or {}
    if evidence:
        changes["evidence"] = {**dispute["evidence"], **evidence}
        counted = dispute["evidence_details"]["submission_count"] + 1
        changes["evidence_details"] = {**dispute["evidence_details"], "has_evidence": True, "submission_count": counted}
        if given.get("submit", True):
            changes["status"] = "warning_under_review" if _is_inquiry(dispute) else "under_review"
    sandbox.update(dispute, changes, "charge.dispute.updated")
    words = evidence.get("uncategorized_text", "")
    if words in (WINNING, LOSING) and given.get("submit", True):
        dispute_decide(sandbox, dispute, is_won=words == WINNING)
    return dispute


def dispute_close(sandbox: Sandbox, given: Object, id_: str) -> Object:
    """Accept a dispute: it is lost, or an inquiry ends."""
    dispute = _open_dispute(sandbox, id_)
    dispute_decide(sandbox, dispute, is_won=False)
    return dispute


def dispute_decide(sandbox: Sandbox, dispute: Object, *, is_won: bool) -> None:
    if _is_inquiry(dispute):
        sandbox.update(dispute, {"status": "warning_closed"})
    else:
        sandbox.update(dispute, {"status": "won" if is_won else "lost"})
    if is_won and dispute["balance_transactions"]:
        _move(sandbox, dispute, dispute["amount"], -FEE_CENTS)
        sandbox.update(dispute, {"is_charge_refundable": True})
        sandbox.emit("charge.dispute.funds_reinstated", dispute)
    sandbox.emit("charge.dispute.closed", dispute)


def _open_dispute(sandbox: Sandbox, id_: str) -> Object:
    dispute = sandbox.get("dispute", id_)
    if dispute["status"] in CLOSED:
        raise invalid("This dispute is already closed.")
    return dispute


def _is_inquiry(dispute: Object) -> bool:
    return str(dispute["status"]).startswith("warning_")


def _move(sandbox: Sandbox, dispute: Object, amount: int, fee: int) -> None:
    moved = transaction_create(sandbox, "adjustment", amount, dispute["currency"], dispute["id"], fee=fee)
    sandbox.update(dispute, {"balance_transactions": [*dispute["balance_transactions"], moved]})

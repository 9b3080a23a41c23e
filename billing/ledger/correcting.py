"""Gives a usage row another cost: what it was charged too much comes back, what it was charged too little is charged as
far as it fits.
"""

from billing.ledger.amounts import counted, turned, used
from billing.ledger.decision import Decision
from billing.ledger.facts import Facts, Hold, Original, Payer
from billing.ledger.limits import room_of
from billing.ledger.operations import Answer, Correct, Entry, Refusal


def correct(facts: Facts, operation: Correct) -> Decision:
    """The host's part is given back first, and stays the host's where the request had reached its ceiling before.

    Frozen accounts are corrected too. A correction that changes nothing makes no entry, unless it is a release.
    """
    original = facts.original
    if original is None:
        return Decision(Answer.UNKNOWN, facts)
    is_same = operation.cost == original.cost
    if facts.credited is not None:
        return Decision(Answer.CORRECTED if is_same else Answer.CONFLICT, facts)
    if is_same and not operation.is_release:
        return Decision(Answer.CORRECTED, facts)
    now = turned(facts, operation.now)
    charged, refusal = _charged(now, original, operation)
    after, entry = _corrected(now, original, operation, charged)
    return Decision(Answer.CORRECTED, after, entry=entry, refusal=refusal)


def _corrected(facts: Facts, original: Original, operation: Correct, charged: int) -> tuple[Facts, Entry]:
    """The facts once `charged` of the new cost is charged in all, and the entry that makes up the difference."""
    more = charged - original.charged
    to_limits = _to_limits(facts, original, more)
    account = used(facts.account, original.month, to_limits)
    amount = -more if original.payer == Payer.HOST else 0
    account = account._replace(balance=account.balance + amount, entry_seq=account.entry_seq + 1)
    cost, carried = operation.cost, operation.cost - charged
    entry = Entry(
        operation.source,
        amount,
        account.entry_seq,
        account.balance,
        usage_id=operation.usage_id,
        cost=cost - original.cost,
        charged=more,
        carried=carried - original.carried,
        counted=to_limits,
    )
    counters = counted(facts.counters, _difference(facts, original, operation), used=to_limits)
    row = original._replace(cost=cost, charged=charged, carried=carried, counted=original.counted + to_limits)
    return facts._replace(account=account, counters=counters, original=row, credited=amount), entry


def _difference(facts: Facts, original: Original, operation: Correct) -> Hold:
    """What a reservation of the difference would be, in the original's month."""
    return Hold(
        request_id="",
        fingerprint="",
        ceiling=max(0, operation.cost - original.cost),
        month=original.month,
        expires_at=operation.now,
        member_id=original.member_id,
        key_id=original.key_id,
        may_host_pay=original.payer == Payer.HOST,
        counts_own=facts.account.counts_own,
    )


def _charged(facts: Facts, original: Original, operation: Correct) -> tuple[int, Refusal | None]:
    """What of the new cost is charged in all, and the limit that leaves no room for the rest."""
    if operation.cost < original.cost or original.carried:
        return min(operation.cost, original.charged), None
    thawed = facts._replace(account=facts.account._replace(is_frozen=False))
    room, refusal = room_of(thawed, _difference(facts, original, operation))
    return original.charged + room, refusal


def _to_limits(facts: Facts, original: Original, more: int) -> int:
    """How much of the difference counts towards limits; what never counted does not come back either."""
    if more < 0:
        return max(more, -original.counted)
    return more if original.payer == Payer.HOST or facts.account.counts_own else 0

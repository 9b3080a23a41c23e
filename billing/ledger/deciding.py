"""Decides one operation from the facts: returns a named answer and the changed facts.

Pure, so that a batch can decide operations one after another on facts it has locked, and write once.
"""

from datetime import datetime

from billing.ledger.amounts import counted, held, turned, used
from billing.ledger.correcting import correct
from billing.ledger.decision import Decision
from billing.ledger.facts import TOTAL_MAX, Account, CounterKey, Facts, Hold, Original, Payer, State, counter_keys
from billing.ledger.limits import refusal_of, room_of
from billing.ledger.operations import (
    Answer,
    Bound,
    Charge,
    Correct,
    Credit,
    Entry,
    Expire,
    Operation,
    Record,
    Refusal,
    Release,
    Reserve,
    Settle,
)
from billing.pricing.months import month_of

__all__ = ["Decision", "counters_needed", "decide"]


def counters_needed(
    account: Account, hold: Hold | None, operation: Operation, original: Original | None = None
) -> tuple[CounterKey, ...]:
    """The counters an operation may read or change, including the present month's, to which an expired hold moves."""
    month = max(account.month, month_of(operation.now))
    match operation:
        case Reserve():
            return operation.hold.counter_keys(month)
        case Record():
            return operation.hold.counter_keys(min(month_of(operation.answered_at), month))
        case Correct() if original is not None:
            return counter_keys(original.member_id, original.key_id, original.month)
    if hold is None:
        return ()
    present = hold.counter_keys(month)
    return present if hold.month == month else hold.counter_keys(hold.month) + present


def decide(facts: Facts, operation: Operation) -> Decision:
    """The decision on one operation. A repeated operation changes nothing and gets the same answer."""
    match operation:
        case Reserve():
            return _reserve(facts, operation)
        case Settle():
            return _settle(facts, operation)
        case Release():
            return _end(facts, operation.now, State.RELEASED)
        case Expire():
            return _expire(facts, operation)
        case Credit():
            return _credit(facts, operation)
        case Record():
            return _record(facts, operation)
        case Correct():
            return correct(facts, operation)


def _reserve(facts: Facts, operation: Reserve) -> Decision:
    if facts.settled is not None:
        return Decision(Answer.ALREADY_SETTLED, facts)
    if facts.hold is not None:
        return Decision(_answer_of(facts.hold, operation.hold.fingerprint), facts)
    now = turned(facts, operation.now)
    hold = operation.hold._replace(month=now.account.month, counts_own=now.account.counts_own)
    refusal = refusal_of(now, hold)
    if refusal is not None:
        return Decision(Answer.REFUSED, facts, refusal=refusal)
    return Decision(Answer.RESERVED, held(now, hold, 1)._replace(hold=hold))


def _answer_of(hold: Hold, fingerprint: str) -> Answer:
    if hold.fingerprint != fingerprint:
        return Answer.CONFLICT
    return {State.OPEN: Answer.RESERVED, State.RELEASED: Answer.RELEASED, State.EXPIRED: Answer.EXPIRED}[hold.state]


def _settle(facts: Facts, operation: Settle) -> Decision:
    if facts.settled is not None:
        same = facts.settled == operation.fingerprint
        return Decision(Answer.ALREADY_SETTLED if same else Answer.CONFLICT, facts)
    hold = facts.hold
    if hold is None:
        return Decision(Answer.UNKNOWN, facts)
    if hold.state == State.RELEASED:
        return Decision(Answer.RELEASED, facts)
    if operation.payer == Payer.HOST and not hold.may_host_pay:
        return Decision(Answer.CONFLICT, facts)
    now = turned(facts, operation.now)
    if hold.state == State.EXPIRED:
        return _settle_expired(now, hold, operation)
    return _charge(held(now, hold, -1), hold, operation, most=hold.ceiling)


def _settle_expired(facts: Facts, hold: Hold, operation: Settle) -> Decision:
    """Settle as if reserved anew this month for the actual cost; the host carries what no longer fits."""
    again = hold._replace(
        month=facts.account.month,
        ceiling=min(sum(operation.costs), hold.ceiling),
        may_host_pay=operation.payer == Payer.HOST,
    )
    most = 0 if refusal_of(facts, again) else again.ceiling
    return _charge(facts, again, operation, most=most)._replace(was_expired=True)


def _record(facts: Facts, operation: Record) -> Decision:
    """Reserve and settle in one step what was spent already: charged as far as it fits, the host carries the rest."""
    if facts.settled is not None:
        same = facts.settled == operation.fingerprint
        return Decision(Answer.DUPLICATE if same else Answer.CONFLICT, facts)
    if facts.hold is not None:
        return Decision(Answer.CONFLICT, facts)
    now = turned(facts, operation.now)
    hold = operation.hold._replace(
        month=min(month_of(operation.answered_at), now.account.month),
        ceiling=sum(operation.costs),
        may_host_pay=operation.payer == Payer.HOST,
        counts_own=now.account.counts_own,
    )
    room, refusal = room_of(now, hold)
    answer = Answer.QUARANTINED if operation.is_quarantined else Answer.STORED
    return _charge(now, hold, operation, most=room)._replace(answer=answer, refusal=refusal)


def _charge(facts: Facts, hold: Hold, operation: Settle | Record, *, most: int) -> Decision:
    """Charge up to `most` in the order of the rows; the host carries the rest. `facts` no longer contain its hold."""
    account, left = facts.account, most
    counts = operation.payer == Payer.HOST or hold.counts_own
    charges = []
    for cost in operation.costs:
        charged = min(cost, left)
        left -= charged
        charge = Charge(cost, charged, cost - charged, charged if counts else 0, hold.month)
        if operation.payer == Payer.HOST and charged:
            account = account._replace(balance=account.balance - charged, entry_seq=account.entry_seq + 1)
            charge = charge._replace(seq=account.entry_seq, balance_after=account.balance)
        charges.append(charge)
    to_limits = most - left if counts else 0
    account = used(account, hold.month, to_limits)
    counters = counted(facts.counters, hold, used=to_limits)
    after = facts._replace(account=account, counters=counters, hold=None, settled=operation.fingerprint)
    return Decision(Answer.SETTLED, after, charges=tuple(charges))


def _expire(facts: Facts, operation: Expire) -> Decision:
    hold = facts.hold
    is_open = hold is not None and hold.state == State.OPEN
    if hold is not None and is_open and operation.now < hold.expires_at and not operation.is_abandoned:
        return Decision(Answer.NOT_DUE, facts)
    return _end(facts, operation.now, State.EXPIRED)


def _end(facts: Facts, now: datetime, state: State) -> Decision:
    """Return the amount of an open hold to the account; a reservation that has ended stays as it ended."""
    if facts.settled is not None:
        return Decision(Answer.ALREADY_SETTLED, facts)
    hold = facts.hold
    if hold is None:
        return Decision(Answer.UNKNOWN, facts)
    if hold.state != State.OPEN:
        return Decision(Answer(hold.state.value), facts)
    after = held(turned(facts, now), hold, -1)
    return Decision(Answer(state.value), after._replace(hold=hold._replace(state=state, ended_at=now)))


def _credit(facts: Facts, operation: Credit) -> Decision:
    if facts.credited is not None:
        return Decision(Answer.CREDITED if facts.credited == operation.amount else Answer.CONFLICT, facts)
    balance = facts.account.balance + operation.amount
    if abs(balance) > TOTAL_MAX:
        return Decision(Answer.REFUSED, facts, refusal=Refusal(Bound.TOTAL, TOTAL_MAX, held=facts.account.reserved))
    account = facts.account._replace(balance=balance, entry_seq=facts.account.entry_seq + 1)
    entry = Entry(operation.source, operation.amount, account.entry_seq, account.balance)
    return Decision(Answer.CREDITED, facts._replace(account=account, credited=operation.amount), entry=entry)

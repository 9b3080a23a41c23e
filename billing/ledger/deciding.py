"""Decides one operation from the facts: returns a named answer and the changed facts.

Pure, so that a batch can decide operations one after another on facts it has locked, and write once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from billing.ledger.facts import Account, Counter, CounterKey, Facts, Hold, Payer, State
from billing.ledger.limits import refusal_of
from billing.ledger.operations import (
    Answer,
    Charge,
    Credit,
    Entry,
    Expire,
    Operation,
    Refusal,
    Release,
    Reserve,
    Settle,
)
from billing.pricing.months import month_of


@dataclass(frozen=True, slots=True)
class Decision:
    """`facts` are the same object when nothing changed; the hold of a settled request is removed from them.

    `was_expired` marks a settlement that came after its reservation had expired.
    """

    answer: Answer
    facts: Facts
    charges: tuple[Charge, ...] = ()
    entry: Entry | None = None
    refusal: Refusal | None = None
    was_expired: bool = False


def counters_needed(account: Account, hold: Hold | None, operation: Operation) -> tuple[CounterKey, ...]:
    """The counters an operation may read or change, including the present month's, to which an expired hold moves."""
    month = max(account.month, month_of(operation.now))
    if isinstance(operation, Reserve):
        return operation.hold.counter_keys(month)
    if hold is None:
        return ()
    return tuple(dict.fromkeys((*hold.counter_keys(hold.month), *hold.counter_keys(month))))


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
            if facts.hold is not None and facts.hold.state == State.OPEN and operation.now < facts.hold.expires_at:
                return Decision(Answer.NOT_DUE, facts)
            return _end(facts, operation.now, State.EXPIRED)
        case Credit():
            return _credit(facts, operation)


def _reserve(facts: Facts, operation: Reserve) -> Decision:
    if facts.settled is not None:
        return Decision(Answer.ALREADY_SETTLED, facts)
    if facts.hold is not None:
        return Decision(_answer_of(facts.hold, operation.hold.fingerprint), facts)
    turned = _turned(facts, operation.now)
    hold = replace(operation.hold, month=turned.account.month, counts_own=turned.account.counts_own)
    refusal = refusal_of(turned, hold)
    if refusal is not None:
        return Decision(Answer.REFUSED, facts, refusal=refusal)
    return Decision(Answer.RESERVED, replace(_held(turned, hold, 1), hold=hold))


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
    turned = _turned(facts, operation.now)
    if hold.state == State.EXPIRED:
        return _settle_expired(turned, hold, operation)
    return _charge(_held(turned, hold, -1), hold, operation, most=hold.ceiling)


def _settle_expired(facts: Facts, hold: Hold, operation: Settle) -> Decision:
    """Settle as if reserved anew this month for the actual cost; the host carries what no longer fits."""
    again = replace(
        hold,
        month=facts.account.month,
        ceiling=min(sum(operation.costs), hold.ceiling),
        may_host_pay=operation.payer == Payer.HOST,
    )
    most = 0 if refusal_of(facts, again) else again.ceiling
    return replace(_charge(facts, again, operation, most=most), was_expired=True)


def _charge(facts: Facts, hold: Hold, operation: Settle, *, most: int) -> Decision:
    """Charge up to `most` in the order of the rows; the host carries the rest. `facts` no longer contain its hold."""
    account, left = facts.account, most
    counts = operation.payer == Payer.HOST or hold.counts_own
    charges = []
    for cost in operation.costs:
        charged = min(cost, left)
        left -= charged
        charge = Charge(cost, charged, cost - charged, charged if counts else 0, hold.month)
        if operation.payer == Payer.HOST and charged:
            account = replace(account, balance=account.balance - charged, entry_seq=account.entry_seq + 1)
            charge = replace(charge, seq=account.entry_seq, balance_after=account.balance)
        charges.append(charge)
    counted = most - left if counts else 0
    if hold.month == account.month:
        account = replace(account, month_used=account.month_used + counted)
    counters = _counted(facts.counters, hold, used=counted)
    after = replace(facts, account=account, counters=counters, hold=None, settled=operation.fingerprint)
    return Decision(Answer.SETTLED, after, charges=tuple(charges))


def _end(facts: Facts, now: datetime, state: State) -> Decision:
    """Return the amount of an open hold to the account; a reservation that has ended stays as it ended."""
    if facts.settled is not None:
        return Decision(Answer.ALREADY_SETTLED, facts)
    hold = facts.hold
    if hold is None:
        return Decision(Answer.UNKNOWN, facts)
    if hold.state != State.OPEN:
        return Decision(Answer(hold.state.value), facts)
    after = _held(_turned(facts, now), hold, -1)
    return Decision(Answer(state.value), replace(after, hold=replace(hold, state=state, ended_at=now)))


def _credit(facts: Facts, operation: Credit) -> Decision:
    if facts.credited is not None:
        return Decision(Answer.CREDITED if facts.credited == operation.amount else Answer.CONFLICT, facts)
    account = replace(
        facts.account, balance=facts.account.balance + operation.amount, entry_seq=facts.account.entry_seq + 1
    )
    entry = Entry(operation.source, operation.amount, account.entry_seq, account.balance)
    return Decision(Answer.CREDITED, replace(facts, account=account, credited=operation.amount), entry=entry)


def _turned(facts: Facts, now: datetime) -> Facts:
    """The facts with the account in the month of `now`; never in an earlier month, even if a clock goes back."""
    month = month_of(now)
    if month <= facts.account.month:
        return facts
    return replace(facts, account=replace(facts.account, month=month, month_used=0, month_reserved=0))


def _held(facts: Facts, hold: Hold, sign: int) -> Facts:
    """Add (1) or remove (-1) a hold's amounts; an earlier month's count on the balance and on that month's counters."""
    account = replace(facts.account, reserved=facts.account.reserved + sign * hold.on_balance)
    if hold.month == account.month:
        account = replace(account, month_reserved=account.month_reserved + sign * hold.on_limits)
    return replace(facts, account=account, counters=_counted(facts.counters, hold, reserved=sign * hold.on_limits))


def _counted(
    counters: Mapping[CounterKey, Counter], hold: Hold, *, used: int = 0, reserved: int = 0
) -> Mapping[CounterKey, Counter]:
    changed = {
        key: replace(counters[key], used=counters[key].used + used, reserved=counters[key].reserved + reserved)
        for key in hold.counter_keys(hold.month)
    }
    return {**counters, **changed}

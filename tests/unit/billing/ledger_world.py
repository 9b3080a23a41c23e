"""Facts for the ledger's tests, a ledger in memory, and the auditor that recomputes everything from what happened."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from billing.ledger.deciding import Decision, counters_needed, decide
from billing.ledger.facts import Account, Counter, CounterKey, Facts, Funding, Hold, Payer, Scope, State
from billing.ledger.operations import Answer, Charge, Credit, Entry, Expire, Operation, Release, Reserve, Settle

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def account(**fields: Any) -> Account:
    return Account(**{"funding": Funding.POSTPAID, "month": 202611, **fields})


def hold(ceiling: int = 10, request_id: str = "r1", **fields: Any) -> Hold:
    return Hold(
        **{
            "request_id": request_id,
            "fingerprint": "f",
            "ceiling": ceiling,
            "month": 202611,
            "expires_at": NOW + HOUR,
            **fields,
        }
    )


def settle(*costs: int, request_id: str = "r1", **fields: Any) -> Settle:
    return Settle(**{"now": NOW, "payer": Payer.HOST, "fingerprint": "s", **fields}, request_id=request_id, costs=costs)


@dataclass
class MemoryLedger:
    """One account as a database would keep it: facts are picked for an operation, and written back."""

    account: Account
    limits: dict[tuple[Scope, str], int | None] = field(default_factory=dict)
    counters: dict[CounterKey, Counter] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    settled: dict[str, str] = field(default_factory=dict)
    credits: dict[str, int] = field(default_factory=dict)
    journal: list[tuple[Hold, Charge]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    def facts(self, operation: Operation) -> Facts:
        request_id = _request_id(operation)
        held = self.holds.get(request_id)
        keys = counters_needed(self.account, held, operation)
        fresh = {key: Counter(limit=self.limits.get((key.scope, key.id))) for key in keys}
        return Facts(
            account=self.account,
            counters={key: self.counters.get(key, fresh[key]) for key in keys},
            hold=held,
            settled=self.settled.get(request_id),
            credited=self.credits.get(operation.source) if isinstance(operation, Credit) else None,
        )

    def do(self, operation: Operation) -> Decision:
        before = self.facts(operation)
        decision = decide(before, operation)
        request_id, after = _request_id(operation), decision.facts
        self.account = after.account
        self.counters.update({key: after.counters[key] for key in after.counters if after is not before})
        self.journal.extend((before.hold, charge) for charge in decision.charges if before.hold)
        self.holds.pop(request_id, None)
        self.holds.update({request_id: after.hold} if after.hold else {})
        self.settled.update({request_id: after.settled} if after.settled else {})
        self.entries.extend([decision.entry] if decision.entry else [])
        self.credits.update({decision.entry.source: decision.entry.amount} if decision.entry else {})
        return decision

    def limit_set(self, scope: Scope, name: str, limit: int | None) -> None:
        """A limit and its copies change together."""
        self.limits[(scope, name)] = limit
        mine = [key for key in self.counters if (key.scope, key.id) == (scope, name)]
        self.counters.update({key: replace(self.counters[key], limit=limit) for key in mine})


def _request_id(operation: Operation) -> str:
    match operation:
        case Reserve():
            return operation.hold.request_id
        case Settle() | Release() | Expire():
            return operation.request_id
        case Credit():
            return ""


def audit(ledger: MemoryLedger) -> None:
    """Every sum is what the single rows add up to."""
    _audit_balance(ledger)
    open_holds = [each for each in ledger.holds.values() if each.state == State.OPEN]
    mine = ledger.account
    assert mine.reserved == sum(each.on_balance for each in open_holds)
    assert mine.month_reserved == sum(each.on_limits for each in open_holds if each.month == mine.month)
    assert mine.month_used == sum(charge.counted for _, charge in ledger.journal if charge.month == mine.month)
    for key, counter in ledger.counters.items():
        assert counter.reserved == sum(each.on_limits for each in open_holds if key in each.counter_keys(each.month))
        mine_charged = [charge for made, charge in ledger.journal if key in made.counter_keys(charge.month)]
        assert counter.used == sum(charge.counted for charge in mine_charged)
        assert counter.reserved >= 0
        assert counter.limit == ledger.limits.get((key.scope, key.id))


def _audit_balance(ledger: MemoryLedger) -> None:
    moves = [(charge.seq, -charge.charged, charge.balance_after) for _, charge in ledger.journal if charge.seq]
    moves += [(entry.seq, entry.amount, entry.balance_after) for entry in ledger.entries]
    moves.sort(key=lambda move: move[0])
    assert [move[0] for move in moves] == list(range(1, ledger.account.entry_seq + 1))
    balance = 0
    for _, amount, after in moves:
        balance += amount
        assert after == balance
    assert ledger.account.balance == balance
    assert all(charge.cost == charge.charged + charge.carried for _, charge in ledger.journal)
    assert all(charge.charged >= 0 <= charge.carried for _, charge in ledger.journal)


__all__ = ["HOUR", "NOW", "Answer", "MemoryLedger", "account", "audit", "hold", "settle"]

"""Facts for the ledger's tests, a ledger in memory, and the auditor that recomputes everything from what happened."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from billing.ledger.deciding import counters_needed, decide
from billing.ledger.decision import Decision
from billing.ledger.facts import Account, Counter, CounterKey, Facts, Funding, Hold, Original, Payer, Scope, State
from billing.ledger.operations import (
    Answer,
    Charge,
    Correct,
    Entry,
    Operation,
    Record,
    Settle,
    request_id_of,
    source_of,
)

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


def record(*costs: int, request_id: str = "r1", now: datetime = NOW, **fields: Any) -> Record:
    at, payer = fields.pop("at", now), fields.pop("payer", Payer.HOST)
    return Record(now, hold(0, request_id, **{"fingerprint": "u", **fields}), at, costs, payer)


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
    payers: list[Payer] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    def facts(self, operation: Operation) -> Facts:
        request_id = request_id_of(operation)
        held, original = self.holds.get(request_id), self.original(operation)
        keys = counters_needed(self.account, held, operation, original)
        fresh = {key: Counter(limit=self.limits.get((key.scope, key.id))) for key in keys}
        return Facts(
            account=self.account,
            counters={key: self.counters.get(key, fresh[key]) for key in keys},
            hold=held,
            settled=self.settled.get(request_id),
            credited=self.credits.get(source_of(operation)),
            original=original,
        )

    def original(self, operation: Operation) -> Original | None:
        """Usage rows are numbered from 1 in the order of the journal."""
        if not isinstance(operation, Correct) or operation.usage_id > len(self.journal):
            return None
        made, charge = self.journal[operation.usage_id - 1]
        changes = [entry for entry in self.entries if entry.usage_id == operation.usage_id]
        return Original(
            self.payers[operation.usage_id - 1],
            charge.month,
            charge.cost + sum(entry.cost for entry in changes),
            charge.charged + sum(entry.charged for entry in changes),
            charge.carried + sum(entry.carried for entry in changes),
            charge.counted + sum(entry.counted for entry in changes),
            made.member_id,
            made.key_id,
        )

    def do(self, operation: Operation) -> Decision:
        before = self.facts(operation)
        decision = decide(before, operation)
        request_id, after = request_id_of(operation), decision.facts
        self.account = after.account
        self.counters.update({key: after.counters[key] for key in after.counters if after is not before})
        if isinstance(operation, Settle | Record):
            made = operation.hold if isinstance(operation, Record) else before.hold
            self.journal.extend((made, charge) for charge in decision.charges if made)
            self.payers.extend(operation.payer for _ in decision.charges)
        self.holds.pop(request_id, None)
        self.holds.update({request_id: after.hold} if after.hold else {})
        self.settled.update({request_id: after.settled} if after.settled and request_id else {})
        self.entries.extend([decision.entry] if decision.entry else [])
        self.credits.update({decision.entry.source: decision.entry.amount} if decision.entry else {})
        return decision

    def limit_set(self, scope: Scope, name: str, limit: int | None) -> None:
        """A limit and its copies change together."""
        self.limits[(scope, name)] = limit
        mine = [key for key in self.counters if (key.scope, key.id) == (scope, name)]
        self.counters.update({key: self.counters[key]._replace(limit=limit) for key in mine})


def audit(ledger: MemoryLedger) -> None:
    """Every sum is what the single rows add up to."""
    _audit_balance(ledger)
    open_holds = [each for each in ledger.holds.values() if each.state == State.OPEN]
    mine = ledger.account
    assert mine.reserved == sum(each.on_balance for each in open_holds)
    assert mine.month_reserved == sum(each.on_limits for each in open_holds if each.month == mine.month)
    corrections = [entry for entry in ledger.entries if entry.usage_id]
    rows = [*ledger.journal, *(ledger.journal[(each.usage_id or 0) - 1] for each in corrections)]
    counted = [*(charge.counted for _, charge in ledger.journal), *(each.counted for each in corrections)]
    amounts = list(zip(rows, counted, strict=True))
    assert mine.month_used == sum(amount for (_, charge), amount in amounts if charge.month == mine.month)
    for key, counter in ledger.counters.items():
        assert counter.reserved == sum(each.on_limits for each in open_holds if key in each.counter_keys(each.month))
        assert counter.used == sum(
            amount for (made, charge), amount in amounts if key in made.counter_keys(charge.month)
        )
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
    for number in range(1, len(ledger.journal) + 1):
        row = ledger.original(Correct(NOW, "", number, 0))
        assert row is not None
        assert row.cost == row.charged + row.carried
        assert min(row.charged, row.carried, row.counted) >= 0


__all__ = ["HOUR", "NOW", "Answer", "MemoryLedger", "account", "audit", "hold", "record", "settle"]

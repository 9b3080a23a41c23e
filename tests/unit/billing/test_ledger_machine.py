"""Any sequence of operations, limits and months: an auditor recomputes every sum after each step, and caps hold."""

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from billing.ledger.facts import Funding, Payer, Scope, State
from billing.ledger.operations import Answer, Correct, Credit, Expire, Release, Reserve
from tests.unit.billing.ledger_world import HOUR, NOW, MemoryLedger, account, audit, hold, record, settle

names = st.sampled_from(["", "a", "b"])
ids = st.sampled_from([f"r{number}" for number in range(6)])
amounts = st.integers(0, 40)
limits = st.none() | st.integers(0, 100)
scopes = st.sampled_from(list(Scope))


class LedgerMachine(RuleBasedStateMachine):
    """A small world, so that ids meet again, limits are reached and months turn while holds are open."""

    @initialize(funding=st.sampled_from(list(Funding)), counts_own=st.booleans(), limit=limits)
    def begins(self, funding: Funding, counts_own: bool, limit: int | None) -> None:
        self.now = NOW
        self.books = MemoryLedger(account(funding=funding, counts_own=counts_own, monthly_limit=limit))

    @rule(request_id=ids, ceiling=amounts, member=names, key=names, may_host_pay=st.booleans(), body=st.booleans())
    def reserve(self, request_id: str, ceiling: int, member: str, key: str, may_host_pay: bool, body: bool) -> None:
        made = hold(
            ceiling,
            request_id,
            fingerprint=str(body),
            member_id=member,
            key_id=key,
            may_host_pay=may_host_pay,
            expires_at=self.now + HOUR,
        )
        self.books.do(Reserve(self.now, made))

    @rule(request_id=ids, costs=st.lists(amounts, min_size=1, max_size=3), payer=st.sampled_from(list(Payer)))
    def settle(self, request_id: str, costs: list[int], payer: Payer) -> None:
        held = self.books.holds.get(request_id)
        decision = self.books.do(
            settle(*costs, request_id=request_id, payer=payer, now=self.now, fingerprint=f"{costs}{payer}")
        )
        charged = sum(charge.charged for charge in decision.charges)
        assert held is None or charged <= held.ceiling

    @rule(request_id=ids)
    def release(self, request_id: str) -> None:
        self.books.do(Release(self.now, request_id))

    @rule(request_id=ids, is_abandoned=st.booleans())
    def expire(self, request_id: str, is_abandoned: bool) -> None:
        """Its time may not be over, but its process is gone."""
        self.books.do(Expire(self.now, request_id, is_abandoned))

    @rule(
        request_id=ids,
        costs=st.lists(amounts, min_size=1, max_size=2),
        payer=st.sampled_from(list(Payer)),
        member=names,
        key=names,
        late=st.sampled_from([0, 0, 1, 24 * 31]),
    )
    def record(self, request_id: str, costs: list[int], payer: Payer, member: str, key: str, late: int) -> None:
        at = self.now - timedelta(hours=late)
        said = {"member_id": member, "key_id": key, "fingerprint": f"{costs}{payer}"}
        decision = self.books.do(record(*costs, request_id=request_id, payer=payer, now=self.now, at=at, **said))
        is_new = decision.answer == Answer.STORED
        assert is_new == bool(decision.charges)
        assert decision.refusal is None or sum(charge.carried for charge in decision.charges)

    @rule(usage_id=st.integers(1, 8), cost=amounts, version=st.integers(1, 3), is_release=st.booleans())
    def correct(self, usage_id: int, cost: int, version: int, is_release: bool) -> None:
        self.books.do(Correct(self.now, f"reprice:{usage_id}:{version}", usage_id, cost, is_release))

    @rule(source=st.sampled_from(["grant:1", "grant:2", "claw:1:1"]), amount=st.integers(-60, 120))
    def credit(self, source: str, amount: int) -> None:
        self.books.do(Credit(self.now, source, amount))

    @rule(scope=scopes, name=st.sampled_from(["a", "b"]), limit=limits)
    def limit(self, scope: Scope, name: str, limit: int | None) -> None:
        self.books.limit_set(scope, name, limit)

    @rule(limit=limits, is_frozen=st.booleans())
    def account_set(self, limit: int | None, is_frozen: bool) -> None:
        self.books.account = self.books.account._replace(monthly_limit=limit, is_frozen=is_frozen)

    @rule(hours=st.sampled_from([1, 13, 24 * 31, -2]))
    def time_goes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @invariant()
    def everything_adds_up(self) -> None:
        audit(self.books)

    @invariant()
    def nothing_is_negative(self) -> None:
        mine = self.books.account
        assert min(mine.reserved, mine.month_reserved, mine.month_used) >= 0


class CapMachine(RuleBasedStateMachine):
    """With limits that stay as they are nothing is ever used or held beyond them, nor beyond a prepaid balance."""

    @initialize(limit=st.integers(0, 100), member=st.integers(0, 100), balance=st.integers(0, 100))
    def begins(self, limit: int, member: int, balance: int) -> None:
        self.now = NOW
        self.books = MemoryLedger(account(funding=Funding.PREPAID, monthly_limit=limit))
        self.books.limit_set(Scope.MEMBER, "a", member)
        self.books.do(Credit(NOW, "grant:1", balance))

    @rule(request_id=ids, ceiling=amounts, member=names)
    def reserve(self, request_id: str, ceiling: int, member: str) -> None:
        self.books.do(Reserve(self.now, hold(ceiling, request_id, member_id=member, expires_at=self.now + HOUR)))

    @rule(request_id=ids, costs=st.lists(st.integers(0, 200), min_size=1, max_size=3))
    def settle(self, request_id: str, costs: list[int]) -> None:
        self.books.do(settle(*costs, request_id=request_id, now=self.now))

    @rule(request_id=ids, cost=st.integers(0, 200), member=names)
    def record(self, request_id: str, cost: int, member: str) -> None:
        self.books.do(record(cost, request_id=request_id, member_id=member, now=self.now))

    @rule(usage_id=st.integers(1, 8), cost=st.integers(0, 200), version=st.integers(1, 3))
    def correct(self, usage_id: int, cost: int, version: int) -> None:
        self.books.do(Correct(self.now, f"reprice:{usage_id}:{version}", usage_id, cost))

    @rule(request_id=ids)
    def end(self, request_id: str) -> None:
        self.books.do(Expire(self.now, request_id))

    @rule(hours=st.sampled_from([1, 24 * 31]))
    def time_goes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @invariant()
    def caps_hold(self) -> None:
        mine = self.books.account
        assert mine.month_used + mine.month_reserved <= (mine.monthly_limit or 0)
        assert mine.reserved <= mine.balance
        for counter in self.books.counters.values():
            assert counter.limit is None or counter.used + counter.reserved <= counter.limit

    @invariant()
    def everything_adds_up(self) -> None:
        audit(self.books)

    def teardown(self) -> None:
        """Once everything has ended nothing is held."""
        later = self.now + 48 * HOUR
        for request_id, held in list(self.books.holds.items()):
            if held.state == State.OPEN:
                self.books.do(Expire(later, request_id))
        assert self.books.account.reserved == 0
        assert all(counter.reserved == 0 for counter in self.books.counters.values())


TestLedgerMachine = LedgerMachine.TestCase
TestLedgerMachine.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
TestCapMachine = CapMachine.TestCase
TestCapMachine.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)

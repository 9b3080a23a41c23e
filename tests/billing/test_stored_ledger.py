"""The ledger in the database and the one in memory get the same operations, in whatever order, and processes die.

After each step both gave the same answers, have the same account, and `ledger_verify` finds nothing.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from django.db import transaction
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from billing.errors import RequestConflict
from billing.ledger.decision import Decision
from billing.ledger.facts import Funding, Payer, Scope, State
from billing.ledger.operations import Correct, Credit, Expire, Operation, Record, Release, Reserve, Settle
from billing.models import BillingAccount, PeriodicGrant, Process, Usage
from billing.selectors.verification import account_verify
from billing.services.budgets import limit_copy
from billing.services.expiry import SILENT, processes_bury
from billing.services.grants import credit_grant, grants_lapse
from billing.services.lane import Call, LedgerLane
from billing.services.ledger import ledger_execute
from billing.services.work import Details, UsageDetails, Work
from billing.store.reading import lock_accounts
from opencode.lib.actor import THE_CONSOLE
from opencode.lib.ids import new_id
from tests.unit.billing.ledger_world import HOUR, NOW, MemoryLedger, account, hold, record, settle

pytestmark = pytest.mark.django_db
IS_LONG: Final = bool(os.environ.get("OPENCODE_PROVE"))
EXAMPLES: Final = 300 if IS_LONG else 12
COSTS: Final = settings(
    deadline=None,
    max_examples=EXAMPLES,
    stateful_step_count=25,
    # Rows of the examples before are still there: shrinking would take long and find something else.
    phases=[Phase.explicit, Phase.generate],
)

names = st.sampled_from(["", "a", "b"])
ids = st.sampled_from(["r1", "r2", "r3"])
amounts = st.integers(0, 40)
limits = st.none() | st.integers(0, 100)
payers = st.sampled_from(list(Payer))
requests = st.lists(st.tuples(ids, amounts), min_size=1, max_size=4)


class _DiedError(Exception):
    """Right before the commit."""


def stored(row: BillingAccount, operation: Operation) -> Work:
    """The operation with the usage details that its rows need besides."""
    costs = operation.costs if isinstance(operation, Settle | Record) else ()
    parts = [UsageDetails(f"m{number}", cost) for number, cost in enumerate(costs)]
    return Work(row.pk, operation, Details("m", usage=parts))


class StoredLedgerMachine(RuleBasedStateMachine):
    """Requests go through the lane of a web process; what staff and sweeps do is executed without one."""

    @initialize(funding=st.sampled_from(list(Funding)), counts_own=st.booleans(), limit=limits)
    def begins(self, funding: Funding, counts_own: bool, limit: int | None) -> None:
        self.now = NOW
        fields = {"funding": funding, "counts_own": counts_own, "monthly_limit": limit}
        self.books = MemoryLedger(account(month=0, **fields))
        self.row = BillingAccount.objects.create(workspace_id=new_id("wrk"), **{**fields, "funding": funding.value})
        self.process_starts()

    def process_starts(self) -> None:
        self.lane = LedgerLane(lambda _calls: None)
        self.lane.beat()

    # --- how operations are done

    def commit(self, operations: Sequence[Operation]) -> list[Any]:
        """Decided together in one transaction of the process; returns the outcomes."""
        calls = [Call(stored(self.row, operation)) for operation in operations]
        self.lane.turn(calls)
        return [call.outcome for call in calls]

    def spend(self, *operations: Operation) -> None:
        outcomes = self.commit(operations)
        for outcome, operation in zip(outcomes, operations, strict=True):
            self.same(outcome, self.books.do(operation))
        self.adds_up()

    def do(self, operation: Operation, numbered: Correct | None = None) -> None:
        work = stored(self.row, operation)
        done = ledger_execute(account_id=self.row.pk, operation=operation, details=work.details)
        self.same(done, self.books.do(numbered or operation))
        self.adds_up()

    def same(self, found: Any, expected: Decision) -> None:
        assert isinstance(found, Decision)
        assert (found.answer, found.refusal, found.charges) == (expected.answer, expected.refusal, expected.charges)

    def adds_up(self) -> None:
        assert lock_accounts([self.row.pk], skip_locked=False)[self.row.pk].facts == self.books.account
        assert account_verify(self.row.pk) == []

    def reservation(self, request_id: str, ceiling: int, **fields: Any) -> Reserve:
        return Reserve(self.now, hold(ceiling, request_id, expires_at=self.now + HOUR, **fields))

    def settlement(self, request_id: str, costs: Sequence[int], payer: Payer = Payer.HOST) -> Settle:
        return settle(*costs, request_id=request_id, payer=payer, now=self.now, fingerprint=f"{costs}{payer}")

    # --- requests

    @rule(request_id=ids, ceiling=amounts, member=names, key=names, may_host_pay=st.booleans())
    def reserve(self, request_id: str, ceiling: int, member: str, key: str, may_host_pay: bool) -> None:
        fields = {"member_id": member, "key_id": key, "may_host_pay": may_host_pay}
        self.spend(self.reservation(request_id, ceiling, **fields))

    @rule(request_id=ids, costs=st.lists(amounts, min_size=1, max_size=2), payer=payers)
    def settle(self, request_id: str, costs: list[int], payer: Payer) -> None:
        self.spend(self.settlement(request_id, costs, payer))

    @rule(request_id=ids)
    def release(self, request_id: str) -> None:
        self.spend(Release(self.now, request_id))

    @rule(made=requests, member=names)
    def many_at_once(self, made: list[tuple[str, int]], member: str) -> None:
        """In one transaction, reservations of the same batch too."""
        reserved = [self.reservation(name, ceiling, member_id=member) for name, ceiling in made]
        self.spend(*reserved, *(self.settlement(name, [ceiling]) for name, ceiling in made))

    @rule(request_id=ids, costs=st.lists(amounts, min_size=1, max_size=2), payer=payers, member=names)
    def record(self, request_id: str, costs: list[int], payer: Payer, member: str) -> None:
        said = {"fingerprint": f"{costs}{payer}", "member_id": member}
        self.do(record(*costs, request_id=request_id, payer=payer, now=self.now, **said))

    # --- what happens to processes and time

    @rule(made=requests, was_committed=st.booleans())
    def process_dies(self, made: list[tuple[str, int]], was_committed: bool) -> None:
        """With a batch under way that was committed, or not, and of which nobody heard. The next one gives back what is
        held, and the requests that are repeated are answered as any repeat.
        """
        batch = [self.reservation(name, ceiling) for name, ceiling in made]
        with suppress(_DiedError), transaction.atomic():
            self.commit(batch)
            if not was_committed:
                raise _DiedError
        for operation in batch if was_committed else ():
            self.books.do(operation)
        mine = Process.objects.filter(pk=self.lane.process_id)
        assert mine.update(seen_at=self.now - SILENT - timedelta(seconds=1)) == 1
        processes_bury(now=self.now)
        assert not mine.exists()
        for request_id in [name for name, held in self.books.holds.items() if held.state == State.OPEN]:
            self.books.do(Expire(self.now, request_id, is_abandoned=True))
        self.process_starts()
        self.adds_up()
        self.spend(*batch)

    @rule(request_id=ids)
    def expire(self, request_id: str) -> None:
        self.do(Expire(self.now, request_id))

    @rule(hours=st.sampled_from([1, 24 * 31]))
    def time_goes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    # --- what staff and payments do

    @rule(number=st.integers(1, 5), cost=amounts, version=st.integers(1, 2), is_release=st.booleans())
    def correct(self, number: int, cost: int, version: int, is_release: bool) -> None:
        """Rows are numbered in memory, and have their ids in the database."""
        mine = Usage.objects.filter(account_id=self.row.pk).order_by("pk").values_list("pk", flat=True)
        usage_id = mine[number - 1 : number].first() or 0
        source = f"{'release' if is_release else 'reprice'}:{number}:{version}"
        numbered = Correct(self.now, source, number, cost, is_release)
        self.do(Correct(self.now, source, usage_id, cost, is_release), numbered=numbered)

    # Top-ups and claws belong to payments, and are held against them.
    @rule(source=st.sampled_from(["grant:1", "grant:2", "gift:1"]), amount=st.integers(-60, 120))
    def credit(self, source: str, amount: int) -> None:
        self.do(Credit(self.now, source, amount))

    @rule(scope=st.sampled_from(list(Scope)), name=st.sampled_from(["a", "b"]), limit=limits)
    def limit(self, scope: Scope, name: str, limit: int | None) -> None:
        """Of counters that are there; where they are not, the limit is read from the member or key, who are nobody."""
        limit_copy(self.row.workspace_id, scope, name, limit)
        month = self.books.account.month
        mine = [key for key in self.books.counters if (key.scope, key.id) == (scope, name) and key.month >= month]
        self.books.counters.update({key: self.books.counters[key]._replace(limit=limit) for key in mine})

    @rule(funding=st.sampled_from(list(Funding)), is_frozen=st.booleans(), limit=limits)
    def account_set(self, funding: Funding, is_frozen: bool, limit: int | None) -> None:
        frozen_at = NOW if is_frozen else None
        mine = BillingAccount.objects.filter(pk=self.row.pk)
        mine.update(funding=funding.value, frozen_at=frozen_at, monthly_limit=limit)
        self.books.account = self.books.account._replace(funding=funding, is_frozen=is_frozen, monthly_limit=limit)

    @rule(number=st.integers(1, 3), amount=st.integers(1, 60), days=st.integers(1, 40))
    def grant(self, number: int, amount: int, days: int) -> None:
        self.granted(f"period{number}", amount, self.now + timedelta(days=days))

    def granted(self, name: str, amount: int, ends_at: datetime) -> None:
        said = {"workspace_id": self.row.workspace_id, "actor": THE_CONSOLE, "ends_at": ends_at}
        with suppress(RequestConflict):
            credit_grant(amount=amount, grant_id=name, **said)
        self.books.do(Credit(self.now, f"grant:{name}", amount))
        self.adds_up()

    @rule()
    def lapse(self) -> None:
        """What lapses was credit of a period, is not held, and leaves no debt."""
        before = self.books.account
        grants_lapse(now=self.now)
        ended = PeriodicGrant.objects.filter(account_id=self.row.pk, lapsed_at=self.now).order_by("ends_at", "pk")
        for grant in ended.filter(lapsed__gt=0):
            self.books.do(Credit(self.now, f"lapse:{grant.source}", -grant.lapsed))
            assert grant.lapsed <= grant.amount
        taken = before.balance - self.books.account.balance
        assert taken == 0 or self.books.account.balance >= before.reserved
        self.adds_up()


@pytest.mark.timeout(1800 if IS_LONG else 120)
def test_the_stored_ledger_decides_as_the_rules_do_and_outlives_its_processes() -> None:
    run_state_machine_as_test(StoredLedgerMachine, settings=COSTS)

"""`ledger_verify` names what does not add up; whatever sequence of operations ran, it finds nothing."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from billing.errors import RequestConflict
from billing.ledger.facts import Funding, Payer, Scope
from billing.ledger.operations import Correct, Credit, Expire, Operation, Release, Reserve
from billing.models import BillingAccount, PeriodicGrant, Usage
from billing.pricing.classes import Tokens
from billing.pricing.pricelist import price_list_read
from billing.selectors.verification import account_verify
from billing.services.budgets import limit_copy
from billing.services.grants import credit_grant, grants_lapse
from billing.services.ledger import ledger_execute
from billing.services.prices import prices_load
from billing.services.reservations import settle
from billing.services.work import Details, UsageDetails
from billing.store.reading import lock_accounts
from opencode.lib.actor import THE_CONSOLE
from opencode.lib.ids import new_id
from tests.billing.ledger import HOUR, NOW, Spender
from tests.cast import Cast
from tests.unit.billing.ledger_world import MemoryLedger, account, hold
from tests.unit.billing.ledger_world import record as unreserved
from tests.unit.billing.ledger_world import settle as settlement
from tests.unit.billing.test_price_lists import listed, model, priced

pytestmark = pytest.mark.django_db


@pytest.fixture
def alpha(cast: Cast) -> Spender:
    """A workspace with a grant, a settled request and an open one, all of carol's."""
    spender = Spender(cast.alpha)
    credit_grant(workspace_id=cast.alpha.pk, amount=100, grant_id="one", actor=THE_CONSOLE)
    spender.reserve("r1", 10, member_id=cast.carol.pk)
    spender.settle("r1", 4)
    spender.reserve("r2", 7, member_id=cast.carol.pk)
    return spender


def verify(*words: str) -> tuple[int, dict[str, Any]]:
    said = StringIO()
    code = 0
    try:
        call_command("ledger_verify", *words, "--json", stdout=said)
    except SystemExit as end:
        code = int(str(end.code))
    return code, json.loads(said.getvalue())


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_ledger_that_adds_up_has_exit_code_0(alpha: Spender) -> None:
    assert verify() == (0, {"accounts": 2, "problems": []})


@pytest.mark.parametrize(
    ("statement", "check"),
    [
        ("UPDATE billing_billingaccount SET balance = balance + 1", "balance"),
        ("UPDATE billing_billingaccount SET entry_seq = 5 WHERE balance <> 0", "entry_seq"),
        ("UPDATE billing_billingaccount SET reserved = reserved + 1", "reserved"),
        ("UPDATE billing_billingaccount SET month_reserved = 8 WHERE month <> 0", "month_reserved"),
        ("UPDATE billing_billingaccount SET month_used = 5 WHERE month <> 0", "month_used"),
        ("UPDATE billing_limitcounter SET used = 5", "counter"),
        ("UPDATE billing_limitcounter SET reserved = 5", "counter"),
        ("DELETE FROM billing_limitcounter", "counter"),
        ("DELETE FROM billing_reservation", "reserved"),
        ("DELETE FROM billing_usage", "entry_seq"),
        ("DELETE FROM billing_ledgerentry", "seq_gapless"),
        ("UPDATE billing_ledgerentry SET amount = 101", "balance_after"),
        ("UPDATE billing_usage SET balance_after = 95", "balance_after"),
        ("UPDATE billing_usage SET cost = 5", "usage_parts"),
        ("UPDATE billing_usagerollup SET cost = 5", "rollup"),
        ("UPDATE billing_usagerollup SET requests = 2", "rollup"),
        ("UPDATE billing_usagerollup SET input = 2", "rollup"),
        ("UPDATE billing_usagerollup SET quarantined = 1", "rollup"),
        ("DELETE FROM billing_usagerollup", "rollup"),
        ("UPDATE billing_statementday SET used = 5", "statement_day"),
        ("UPDATE billing_statementday SET balance_after = 5", "statement_day"),
        ("DELETE FROM billing_statementday", "statement_day"),
    ],
)
def test_a_row_that_was_tampered_with_is_named(alpha: Spender, statement: str, check: str) -> None:
    execute(statement)
    code, said = verify("--workspace", "alpha")
    assert code == 1
    assert check in {problem["check"] for problem in said["problems"]}
    assert {problem["workspace"] for problem in said["problems"]} == {alpha.workspace_id}


def test_a_person_reads_the_first_difference(alpha: Spender) -> None:
    execute("UPDATE billing_billingaccount SET balance = 97 WHERE balance <> 0")
    said = StringIO()
    with pytest.raises(SystemExit):
        call_command("ledger_verify", stdout=said, stderr=said)
    assert f"{alpha.workspace_id}: balance (account): stored 97, computed 96" in said.getvalue()
    assert "2 accounts, 1 differences" in said.getvalue()


def test_an_unknown_workspace_has_exit_code_2(alpha: Spender) -> None:
    with pytest.raises(CommandError) as raised:
        verify("--workspace", "nobody")
    assert raised.value.returncode == 2


def test_a_cost_that_its_prices_do_not_give_is_named(alpha: Spender) -> None:
    terms = [priced(10**6), priced(2 * 10**6, context={"service_tier": "flex"})]
    version = prices_load(price_list=price_list_read(listed(model("sonnet", prices=terms))), layer="imported")
    assert version is not None
    part = UsageDetails(
        "sonnet", 6, Tokens(input=3), prompt=3, context="service_tier=flex", price_version_id=version.pk
    )
    alpha.reserve("r3")
    settle(
        workspace_id=alpha.workspace_id, request_id="r3", usage=[part], payer=Payer.HOST, fingerprint="s", now=alpha.now
    )
    assert alpha.adds_up()
    alpha.reserve("r4")
    settle(
        workspace_id=alpha.workspace_id,
        request_id="r4",
        usage=[replace(part, cost=5)],
        payer=Payer.HOST,
        fingerprint="s",
        now=alpha.now,
    )
    (problem,) = account_verify(alpha.account.pk)
    assert (problem.check, problem.stored, problem.computed) == ("usage_price", 5, 6)


names = st.sampled_from(["", "a", "b"])
ids = st.sampled_from(["r1", "r2", "r3"])
amounts = st.integers(0, 40)
limits = st.none() | st.integers(0, 100)


class StoredLedgerMachine(RuleBasedStateMachine):
    """The database and the ledger in memory get the same operations: same answers, same account, and all adds up."""

    @initialize(funding=st.sampled_from(list(Funding)), counts_own=st.booleans(), limit=limits)
    def begins(self, funding: Funding, counts_own: bool, limit: int | None) -> None:
        self.now = NOW
        fields = {"funding": funding, "counts_own": counts_own, "monthly_limit": limit}
        self.books = MemoryLedger(account(month=0, **fields))
        stored = {**fields, "funding": funding.value}
        self.row = BillingAccount.objects.create(workspace_id=new_id("wrk"), **stored)

    def do(self, operation: Operation, costs: list[int] | None = None, numbered: Correct | None = None) -> None:
        parts = [UsageDetails(f"m{number}", cost) for number, cost in enumerate(costs or [])]
        stored = ledger_execute(account_id=self.row.pk, operation=operation, details=Details("m", usage=parts))
        expected = self.books.do(numbered or operation)
        assert (stored.answer, stored.refusal, stored.charges) == (expected.answer, expected.refusal, expected.charges)
        assert lock_accounts([self.row.pk], skip_locked=False)[self.row.pk].facts == self.books.account
        assert account_verify(self.row.pk) == []

    @rule(request_id=ids, ceiling=amounts, member=names, key=names, may_host_pay=st.booleans())
    def reserve(self, request_id: str, ceiling: int, member: str, key: str, may_host_pay: bool) -> None:
        made = hold(
            ceiling, request_id, member_id=member, key_id=key, may_host_pay=may_host_pay, expires_at=self.now + HOUR
        )
        self.do(Reserve(self.now, made))

    @rule(request_id=ids, costs=st.lists(amounts, min_size=1, max_size=2), payer=st.sampled_from(list(Payer)))
    def settle(self, request_id: str, costs: list[int], payer: Payer) -> None:
        body = f"{costs}{payer}"
        self.do(settlement(*costs, request_id=request_id, payer=payer, now=self.now, fingerprint=body), costs)

    @rule(request_id=ids)
    def release(self, request_id: str) -> None:
        self.do(Release(self.now, request_id))

    @rule(request_id=ids)
    def expire(self, request_id: str) -> None:
        self.do(Expire(self.now, request_id))

    @rule(
        request_id=ids,
        costs=st.lists(amounts, min_size=1, max_size=2),
        payer=st.sampled_from(list(Payer)),
        member=names,
    )
    def record(self, request_id: str, costs: list[int], payer: Payer, member: str) -> None:
        said = {"fingerprint": f"{costs}{payer}", "member_id": member}
        self.do(unreserved(*costs, request_id=request_id, payer=payer, now=self.now, **said), costs)

    @rule(number=st.integers(1, 5), cost=amounts, version=st.integers(1, 2), is_release=st.booleans())
    def correct(self, number: int, cost: int, version: int, is_release: bool) -> None:
        """Rows are numbered in memory, and have their ids in the database."""
        mine = Usage.objects.filter(account_id=self.row.pk).order_by("pk").values_list("pk", flat=True)
        usage_id = mine[number - 1 : number].first() or 0
        source = f"{'release' if is_release else 'reprice'}:{number}:{version}"
        said = Correct(self.now, source, usage_id, cost, is_release)
        self.do(said, numbered=replace(said, usage_id=number))

    @rule(source=st.sampled_from(["grant:1", "claw:1:1"]), amount=st.integers(-60, 120))
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
        changed = {"funding": funding, "is_frozen": is_frozen, "monthly_limit": limit}
        self.books.account = self.books.account._replace(**changed)

    @rule(number=st.integers(1, 3), amount=st.integers(1, 60), days=st.integers(1, 40))
    def grant(self, number: int, amount: int, days: int) -> None:
        self.granted(f"period{number}", amount, self.now + timedelta(days=days))

    def granted(self, name: str, amount: int, ends_at: datetime) -> None:
        said = {"workspace_id": self.row.workspace_id, "actor": THE_CONSOLE, "ends_at": ends_at}
        with suppress(RequestConflict):
            credit_grant(amount=amount, grant_id=name, **said)
        self.books.do(Credit(self.now, f"grant:{name}", amount))
        assert account_verify(self.row.pk) == []

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
        assert lock_accounts([self.row.pk], skip_locked=False)[self.row.pk].facts == self.books.account
        assert account_verify(self.row.pk) == []

    @rule(hours=st.sampled_from([1, 24 * 31]))
    def time_goes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)


def test_the_stored_ledger_decides_as_the_rules_do() -> None:
    run_state_machine_as_test(
        StoredLedgerMachine, settings=settings(max_examples=12, stateful_step_count=25, deadline=None)
    )

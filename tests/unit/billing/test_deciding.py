"""Single decisions: what fits, what each repeat answers, who carries what, and what a new month changes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billing.ledger.facts import Funding, Payer, Scope
from billing.ledger.limits import fits
from billing.ledger.operations import Answer, Bound, Correct, Credit, Expire, Operation, Release, Reserve
from tests.unit.billing.ledger_world import HOUR, NOW, MemoryLedger, account, audit, hold, record, settle
from tests.unit.billing.vectors import MONEY

CHECKED = [vector for vector in MONEY["limits"] if "ceiling" in vector]
(SETTLED,) = [vector for vector in MONEY["limits"] if "settle" in vector]
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)


def reserve(ceiling: int = 10, now: datetime = NOW, **fields: Any) -> Reserve:
    return Reserve(now, hold(ceiling, expires_at=now + HOUR, **fields))


def ledger(**fields: Any) -> MemoryLedger:
    return MemoryLedger(account(**fields))


@pytest.mark.parametrize("vector", CHECKED, ids=lambda vector: vector["why"])
def test_limit_vector(vector: dict[str, Any]) -> None:
    assert fits(vector["limit"], vector["used"], vector.get("reserved", 0), vector["ceiling"]) is vector["allowed"]


def test_what_is_free_passes_a_limit_that_is_used_up() -> None:
    assert fits(50, 80, 0, 0)
    assert not fits(50, 80, 0, 1)


def test_what_was_reserved_before_a_limit_fell_is_settled() -> None:
    books = ledger(month_used=SETTLED["used"])
    books.do(reserve(SETTLED["settle"]))
    books.account = books.account._replace(monthly_limit=SETTLED["limit"])
    decision = books.do(settle(SETTLED["settle"]))
    assert [(charge.charged, charge.carried) for charge in decision.charges] == [(SETTLED["settle"], 0)]


def test_settling_charges_what_it_cost_and_gives_the_rest_back() -> None:
    books = ledger()
    books.do(reserve(10, member_id="alice", key_id="key"))
    assert (books.account.reserved, books.account.month_reserved) == (10, 10)
    decision = books.do(settle(4))
    assert decision.answer == Answer.SETTLED
    mine = books.account
    assert (mine.balance, mine.reserved, mine.month_used, mine.month_reserved, mine.entry_seq) == (-4, 0, 4, 0, 1)
    assert [(key.scope, counter.used, counter.reserved) for key, counter in books.counters.items()] == [
        (Scope.MEMBER, 4, 0),
        (Scope.KEY, 4, 0),
    ]
    assert books.holds == {}


def test_the_host_carries_what_is_above_the_ceiling() -> None:
    books = ledger()
    books.do(reserve(10))
    charges = books.do(settle(7, 5)).charges
    assert [(charge.cost, charge.charged, charge.carried) for charge in charges] == [(7, 7, 0), (5, 3, 2)]
    assert (books.account.balance, books.account.month_used) == (-10, 10)


def test_what_costs_nothing_moves_no_balance() -> None:
    books = ledger(monthly_limit=0)
    assert books.do(reserve(0)).answer == Answer.RESERVED
    (charge,) = books.do(settle(0)).charges
    assert (charge.seq, charge.balance_after, books.account.entry_seq) == (None, None, 0)


def refused(books: MemoryLedger, operation: Reserve) -> tuple[Bound, int, int, int, datetime | None]:
    decision = books.do(operation)
    assert (decision.answer, decision.facts.account) == (Answer.REFUSED, books.account)
    assert decision.refusal is not None
    said = decision.refusal
    return said.bound, said.amount, said.used, said.held, said.resets_at


def test_each_bound_refuses_by_its_name() -> None:
    assert refused(ledger(is_frozen=True), reserve(0))[0] == Bound.FROZEN
    prepaid = ledger(funding=Funding.PREPAID, balance=14, reserved=5)
    assert refused(prepaid, reserve(10)) == (Bound.BALANCE, 14, 0, 5, None)
    capped = ledger(monthly_limit=20, month_used=8, month_reserved=3)
    assert refused(capped, reserve(10)) == (Bound.WORKSPACE, 20, 8, 3, DECEMBER)


@pytest.mark.parametrize(("scope", "bound"), [(Scope.MEMBER, Bound.MEMBER), (Scope.KEY, Bound.KEY)])
def test_a_member_and_a_key_have_limits_of_their_own(scope: Scope, bound: Bound) -> None:
    books = ledger()
    books.limit_set(scope, "x", 15)
    made = {Scope.MEMBER: {"member_id": "x"}, Scope.KEY: {"key_id": "x"}}[scope]
    assert books.do(reserve(10, request_id="a", **made)).answer == Answer.RESERVED
    assert refused(books, reserve(6, request_id="b", **made)) == (bound, 15, 0, 10, DECEMBER)
    assert books.do(reserve(6, request_id="c")).answer == Answer.RESERVED


def test_a_negative_balance_lets_free_requests_pass() -> None:
    books = ledger(funding=Funding.PREPAID, balance=-1)
    assert books.do(reserve(1)).answer == Answer.REFUSED
    assert books.do(reserve(0)).answer == Answer.RESERVED


def test_of_fifty_requests_for_ten_cents_each_one_dollar_lets_ten_pass() -> None:
    books = ledger(monthly_limit=100_000_000)
    answers = [books.do(reserve(10_000_000, request_id=str(number))).answer for number in range(50)]
    assert answers.count(Answer.RESERVED) == 10
    assert books.account.month_reserved == 100_000_000


ENDS: list[tuple[Operation, Answer]] = [
    (settle(3), Answer.ALREADY_SETTLED),
    (Release(NOW, "r1"), Answer.RELEASED),
    (Expire(NOW + HOUR, "r1"), Answer.EXPIRED),
]


@pytest.mark.parametrize(("end", "answer"), ENDS)
def test_each_reservation_is_resolved_once_and_repeats_say_so(end: Operation, answer: Answer) -> None:
    books = ledger()
    books.do(reserve())
    books.do(end)
    state = (books.account, dict(books.counters))
    assert books.do(end).answer == answer
    assert books.do(Release(NOW, "r1")).answer == answer
    assert books.do(Expire(NOW + 2 * HOUR, "r1")).answer == answer
    assert books.do(reserve()).answer == answer
    assert (books.account, books.counters) == state
    audit(books)


def test_a_repeated_reservation_holds_once_and_another_body_is_a_conflict() -> None:
    books = ledger()
    assert [books.do(reserve()).answer for _ in range(3)] == [Answer.RESERVED] * 3
    assert books.do(reserve(fingerprint="other")).answer == Answer.CONFLICT
    assert books.account.reserved == 10
    books.do(settle(3))
    assert books.do(settle(3, fingerprint="other")).answer == Answer.CONFLICT
    assert books.account.balance == -3


def test_what_nobody_reserved_is_unknown() -> None:
    for operation in (settle(1), Release(NOW, "r1"), Expire(NOW, "r1")):
        assert ledger().do(operation).answer == Answer.UNKNOWN


def test_settling_after_a_release_changes_nothing() -> None:
    books = ledger()
    books.do(reserve())
    books.do(Release(NOW, "r1"))
    assert books.do(settle(4)).answer == Answer.RELEASED
    assert books.account.balance == 0


def test_nothing_expires_before_its_time() -> None:
    books = ledger()
    books.do(reserve())
    assert books.do(Expire(NOW + HOUR - timedelta(microseconds=1), "r1")).answer == Answer.NOT_DUE
    assert books.do(Expire(NOW + HOUR, "r1")).answer == Answer.EXPIRED
    assert books.account.reserved == 0


def test_settling_after_expiry_is_charged_in_the_present_month() -> None:
    books = ledger()
    books.do(reserve(10, key_id="k"))
    books.do(Expire(NOW + HOUR, "r1"))
    decision = books.do(settle(4, now=DECEMBER))
    assert (decision.answer, decision.was_expired, decision.charges[0].month) == (Answer.SETTLED, True, 202612)
    assert (books.account.month, books.account.month_used, books.account.balance) == (202612, 4, -4)
    assert {key.month: counter.used for key, counter in books.counters.items()} == {202611: 0, 202612: 4}
    assert books.do(settle(4, now=DECEMBER)).answer == Answer.ALREADY_SETTLED


def test_settling_after_expiry_is_carried_when_it_does_not_fit_any_more() -> None:
    books = ledger(monthly_limit=10)
    books.do(reserve(10))
    books.do(Expire(NOW + HOUR, "r1"))
    books.do(reserve(7, request_id="r2"))
    (charge,) = books.do(settle(4)).charges
    assert (charge.charged, charge.carried, books.account.balance) == (0, 4, 0)


def test_a_hold_of_an_older_month_stays_on_the_balance_and_leaves_the_new_month_alone() -> None:
    books = ledger(monthly_limit=10)
    books.do(reserve(10, key_id="k"))
    assert books.do(reserve(10, DECEMBER, request_id="r2", key_id="k")).answer == Answer.RESERVED
    assert (books.account.reserved, books.account.month_reserved) == (20, 10)
    (charge,) = books.do(settle(9, now=DECEMBER)).charges
    assert charge.month == 202611
    assert (books.account.balance, books.account.month_used, books.account.month_reserved) == (-9, 0, 10)
    assert {key.month: counter.used for key, counter in books.counters.items()} == {202611: 9, 202612: 0}


def test_the_month_never_goes_back() -> None:
    books = ledger(month=202612, month_used=5)
    books.do(reserve(10, NOW))
    assert (books.account.month, books.account.month_used, books.holds["r1"].month) == (202612, 5, 202612)


def test_own_credentials_count_towards_limits_and_never_touch_the_balance() -> None:
    books = ledger(funding=Funding.PREPAID, monthly_limit=10)
    own = {"may_host_pay": False}
    assert books.do(reserve(8, **own)).answer == Answer.RESERVED
    assert books.do(settle(8)).answer == Answer.CONFLICT
    (charge,) = books.do(settle(8, payer=Payer.OWN)).charges
    assert (charge.charged, charge.counted, charge.seq) == (8, 8, None)
    assert (books.account.balance, books.account.month_used) == (0, 8)
    assert refused(books, reserve(3, request_id="r2", **own))[0] == Bound.WORKSPACE


def test_own_credentials_are_outside_limits_where_the_workspace_says_so() -> None:
    books = ledger(monthly_limit=0, counts_own=False)
    assert books.do(reserve(8, may_host_pay=False)).answer == Answer.RESERVED
    (charge,) = books.do(settle(8, payer=Payer.OWN)).charges
    assert (charge.charged, charge.counted, books.account.month_used) == (8, 0, 0)


def test_a_failover_to_own_credentials_gives_the_balance_back() -> None:
    books = ledger(funding=Funding.PREPAID, balance=10)
    books.do(reserve(10))
    books.do(settle(6, payer=Payer.OWN))
    assert (books.account.balance, books.account.reserved, books.account.month_used) == (10, 0, 6)


def test_a_credit_counts_once_for_its_source() -> None:
    books = ledger()
    assert [books.do(Credit(NOW, "grant:1", 5)).answer for _ in range(2)] == [Answer.CREDITED] * 2
    assert books.do(Credit(NOW, "grant:1", 6)).answer == Answer.CONFLICT
    assert (books.account.balance, len(books.entries)) == (5, 1)


def test_a_correction_takes_nothing_from_limits_that_never_counted_it() -> None:
    books = ledger(counts_own=False)
    books.do(record(10, payer=Payer.OWN))
    books.account = books.account._replace(counts_own=True)
    decision = books.do(Correct(NOW, "reprice:1:1", 1, 4))
    assert decision.entry is not None
    assert (decision.entry.charged, decision.entry.counted, books.account.month_used) == (-6, 0, 0)
    audit(books)


def test_a_correction_is_made_once() -> None:
    books = ledger()
    books.do(record(10))
    assert books.do(Correct(NOW, "reprice:1:1", 1, 4)).answer == Answer.CORRECTED
    assert books.do(Correct(NOW, "reprice:1:1", 1, 4)).answer == Answer.CORRECTED
    assert books.do(Correct(NOW, "reprice:1:1", 1, 5)).answer == Answer.CONFLICT
    assert (books.account.balance, len(books.entries)) == (-4, 1)
    assert books.do(Correct(NOW, "reprice:9:1", 9, 4)).answer == Answer.UNKNOWN


def test_a_closed_workspace_reserves_nothing() -> None:
    books = ledger(is_closed=True, is_frozen=True)
    decision = books.do(reserve(0))
    assert decision.refusal is not None
    assert (decision.answer, decision.refusal.bound) == (Answer.REFUSED, Bound.CLOSED)


def test_a_reservation_of_a_dead_process_ends_before_its_time() -> None:
    books = ledger()
    books.do(reserve())
    assert books.do(Expire(NOW, "r1")).answer == Answer.NOT_DUE
    assert books.do(Expire(NOW, "r1", is_abandoned=True)).answer == Answer.EXPIRED
    assert books.account.reserved == 0

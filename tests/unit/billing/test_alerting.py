"""When an alert is due, in integers: at exactly half of a limit and not a micro-cent before."""

from dataclasses import replace

import pytest

from billing.ledger.alerting import About, Firing, LastCredit, crossings, reached, refused
from billing.ledger.facts import Counter, CounterKey, Facts, Funding, Scope
from billing.ledger.operations import Bound, Refusal
from tests.unit.billing.ledger_world import NOW, account, hold

CAROL = CounterKey(Scope.MEMBER, "usr_carol", 202611)


def percents(was: int, used: int, limit: int | None) -> list[int]:
    """Of the workspace and of a member at once: both count alike."""
    before, after = (
        Facts(account(month_used=amount, monthly_limit=limit), {CAROL: Counter(amount, 0, limit)})
        for amount in (was, used)
    )
    found = list(crossings(before, after, LastCredit()))
    of_workspace = [firing.percent for firing in found if firing.about == About.WORKSPACE]
    assert [firing.percent for firing in found if firing.about == About.MEMBER] == of_workspace
    return of_workspace


@pytest.mark.parametrize(
    ("was", "used", "limit", "expected"),
    [
        (0, 49, 100, []),
        (49, 50, 100, [50]),
        (50, 79, 100, []),
        (79, 80, 100, [80]),
        (80, 99, 100, []),
        (99, 100, 100, [100]),
        (100, 130, 100, []),
        (0, 100, 100, [50, 80, 100]),
        (10, 90, 100, [50, 80]),
        (90, 60, 100, []),
        (0, 10**18, None, []),
        (0, 0, 0, []),
        (1, 2, 3, [50]),
        (0, 1, 3, []),
        (2 * 10**15 - 1, 2 * 10**15, 4 * 10**15, [50]),
    ],
)
def test_percentages_that_are_crossed(was: int, used: int, limit: int | None, expected: list[int]) -> None:
    assert percents(was, used, limit) == expected


def test_new_month_begins_with_nothing_used() -> None:
    before = Facts(account(month=202610, month_used=90, monthly_limit=100), {})
    after = Facts(account(month=202611, month_used=50, monthly_limit=100), {})
    assert list(crossings(before, after, LastCredit())) == [Firing(About.WORKSPACE, "", 50, 202611, 100, 50)]


def test_correction_of_an_earlier_month_alerts_nobody() -> None:
    old = CounterKey(Scope.KEY, "key_1", 202610)
    before, after = (Facts(account(), {old: Counter(used, 0, 100)}) for used in (0, 100))
    assert list(crossings(before, after, LastCredit())) == []


@pytest.mark.parametrize(
    ("was", "balance", "expected"),
    [(100, 51, []), (51, 50, [50]), (50, 21, []), (21, 20, [80]), (20, 0, [100]), (0, -5, []), (20, 60, [])],
)
def test_balance_counts_from_the_last_credit(was: int, balance: int, expected: list[int]) -> None:
    prepaid = account(funding=Funding.PREPAID)
    before, after = (Facts(prepaid._replace(balance=amount), {}) for amount in (was, balance))
    found = list(crossings(before, after, LastCredit(7, 100)))
    assert [firing.percent for firing in found] == expected
    assert {(firing.period, firing.amount) for firing in found} <= {(7, 100)}
    postpaid = [Facts(each.account._replace(funding=Funding.POSTPAID), {}) for each in (before, after)]
    assert list(crossings(*postpaid, LastCredit(7, 100))) == []


def test_limit_that_is_set_below_what_is_used_is_reached_at_once() -> None:
    assert [firing.percent for firing in reached(About.KEY, "key_1", 202611, 100, 85)] == [50, 80]
    assert list(reached(About.KEY, "key_1", 202611, None, 85)) == []
    assert list(reached(About.KEY, "key_1", 202611, 0, 85)) == []


@pytest.mark.parametrize(
    ("bound", "about", "name"),
    [
        (Bound.WORKSPACE, About.WORKSPACE, ""),
        (Bound.MEMBER, About.MEMBER, "usr_1"),
        (Bound.KEY, About.KEY, "key_1"),
    ],
)
def test_refusal_is_all_of_a_limit_once_half_of_it_is_used(bound: Bound, about: About, name: str) -> None:
    wanted = hold(60, member_id="usr_1", key_id="key_1")
    refusal = Refusal(bound, 100, 50, 0)
    expected = Firing(about, name, 100, 202611, 100, 50, is_refused=True)
    assert refused(account(), wanted, refusal, LastCredit(), NOW) == expected
    assert refused(account(), wanted, replace(refusal, used=49), LastCredit(), NOW) is None
    assert refused(account(), wanted, replace(refusal, amount=0), LastCredit(), NOW) is None


def test_refusal_by_the_balance_counts_from_the_last_credit() -> None:
    of = (hold(60), Refusal(Bound.BALANCE, 40), LastCredit(3, 100), NOW)
    assert refused(account(balance=40), *of) == Firing(About.BALANCE, "", 100, 3, 100, 60, is_refused=True)
    assert refused(account(balance=51), *of) is None
    assert refused(account(balance=-1), of[0], of[1], LastCredit(), NOW) is None


@pytest.mark.parametrize("bound", [Bound.CLOSED, Bound.FROZEN, Bound.TOTAL])
def test_other_refusals_alert_nobody(bound: Bound) -> None:
    assert refused(account(), hold(), Refusal(bound, 100, 90), LastCredit(1, 1), NOW) is None

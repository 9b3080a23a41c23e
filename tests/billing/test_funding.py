"""Who pays, whether a workspace may spend, and credit for a period: acts of operators and staff, each with a reason."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from billing.errors import BalanceInsufficient, BillingFrozen, LimitReached
from billing.ledger.facts import TOTAL_MAX
from billing.ledger.operations import Answer
from billing.models import LedgerEntry, PeriodicGrant
from billing.services.grants import credit_grant, grants_lapse
from billing.services.work import AMOUNT_MAX
from billing.tasks import grants_sweep
from opencode.lib.actor import PERSON, THE_CONSOLE, Actor
from tests.billing.ledger import NOW, Spender
from tests.cast import Cast
from tests.workspaces.test_staff_acts import supporter
from workspaces.models import AuditEntry
from workspaces.services.memberships import membership_add, membership_change, membership_remove

pytestmark = pytest.mark.django_db
ENDS = NOW + timedelta(days=2)


@pytest.fixture
def alpha(cast: Cast) -> Spender:
    return Spender(cast.alpha)


def run(command: str, *words: str) -> tuple[int, dict[str, Any]]:
    said = StringIO()
    code = 0
    try:
        call_command(command, *words, "--reason", "agreed", "--json", stdout=said)
    except SystemExit as end:
        code = int(str(end.code))
    return code, json.loads(said.getvalue())


def grant(spender: Spender, amount: int, name: str, ends: Any = ENDS) -> None:
    credit_grant(workspace_id=spender.workspace_id, amount=amount, grant_id=name, actor=THE_CONSOLE, ends_at=ends)


def lapsed(spender: Spender) -> list[tuple[str, int]]:
    rows = LedgerEntry.objects.filter(account__workspace_id=spender.workspace_id, source__startswith="lapse:")
    return list(rows.order_by("seq").values_list("source", "amount"))


def test_prepaid_and_postpaid_from_the_next_request_on(alpha: Spender) -> None:
    alpha.reserve("r1", 10)
    assert run("funding_set", "alpha", "prepaid", "--dry-run")[1]["changed"]
    assert alpha.account.funding == "postpaid"
    code, said = run("funding_set", "alpha", "prepaid")
    assert (code, said["state"], said["changed"], said["balance"]) == (0, "prepaid", True, 0)
    with pytest.raises(BalanceInsufficient):
        alpha.reserve("r2", 1)
    assert alpha.settle("r1", 4).answer == Answer.SETTLED
    assert run("funding_set", "alpha", "prepaid")[0] == 1
    run("funding_set", "alpha", "postpaid")
    assert alpha.reserve("r2", 1) == Answer.RESERVED
    entry = AuditEntry.objects.filter(action="billing.funding").order_by("seq").first()
    assert entry is not None
    assert json.loads(entry.details) == {"from": "postpaid", "to": "prepaid", "reason": "agreed"}


def test_frozen_until_unfrozen(alpha: Spender) -> None:
    assert run("funding_set", "alpha", "unfrozen")[0] == 1
    assert run("funding_set", "alpha", "frozen")[0] == 0
    with pytest.raises(BillingFrozen):
        alpha.reserve("r1", 0)
    assert run("funding_set", "alpha", "frozen")[0] == 1
    assert run("funding_set", "alpha", "unfrozen")[0] == 0
    assert alpha.reserve("r1") == Answer.RESERVED
    acts = AuditEntry.objects.filter(action__startswith="billing.").order_by("seq").values_list("action", flat=True)
    assert list(acts) == ["billing.freeze", "billing.unfreeze"]


def test_support_staff_freeze_and_fund_with_a_reason(alpha: Spender, cast: Cast) -> None:
    sue, pk = supporter(), alpha.account.pk
    assert "done" in sue.do("billing/billingaccount", "freeze", pk)
    assert "nothing to do" in sue.do("billing/billingaccount", "freeze", pk)
    assert "done" in sue.do("billing/billingaccount", "prepaid", pk)
    assert (alpha.account.funding, alpha.account.frozen_at is None) == ("prepaid", False)
    assert "done" in sue.do("billing/billingaccount", "unfreeze", pk)
    assert "done" in sue.do("billing/billingaccount", "postpaid", pk)
    entries = AuditEntry.objects.filter(workspace_id=cast.alpha.pk, actor_kind="staff", actor_id=sue.user.pk)
    assert entries.filter(action__startswith="billing.").count() == 4


def test_what_is_left_of_a_periods_credit_lapses(alpha: Spender) -> None:
    grant(alpha, 100, "monthly")
    alpha.grant(50, "for good")
    alpha.record("r1", 30)
    assert grants_lapse(now=ENDS - timedelta(microseconds=1)) == 0
    assert grants_lapse(now=ENDS) == 1
    assert (lapsed(alpha), alpha.account.balance) == ([("lapse:grant:monthly", -70)], 50)
    assert grants_lapse(now=ENDS) == 0
    row = PeriodicGrant.objects.get()
    assert (row.left, row.lapsed) == (70, 70)
    assert alpha.adds_up()


def test_what_is_held_does_not_lapse_nor_what_was_spent_below_zero(alpha: Spender, cast: Cast) -> None:
    grant(alpha, 100, "monthly")
    alpha.reserve("running", 60)
    gamma = Spender(cast.gamma)
    gamma.record("before", 90)
    grant(gamma, 100, "monthly")
    assert grants_lapse(now=ENDS) == 2
    assert (lapsed(alpha), alpha.account.balance) == ([("lapse:grant:monthly", -40)], 60)
    assert (lapsed(gamma), gamma.account.balance) == ([("lapse:grant:monthly", -10)], 0)


def test_of_several_the_one_that_ends_first_is_spent_first(alpha: Spender) -> None:
    alpha.grant(100, "for good")
    grant(alpha, 10, "long", ENDS + timedelta(days=1))
    alpha.record("r1", 4)
    grant(alpha, 10, "short", ENDS)
    alpha.record("r2", 3)
    grants_lapse(now=ENDS)
    assert lapsed(alpha) == [("lapse:grant:short", -7)]
    alpha.record("r3", 1)
    grants_lapse(now=ENDS + timedelta(days=1))
    assert lapsed(alpha)[1:] == [("lapse:grant:long", -5)]
    assert alpha.account.balance == 100
    assert alpha.adds_up()


def test_a_credit_used_up_lapses_without_an_entry(alpha: Spender) -> None:
    grant(alpha, 10, "monthly")
    alpha.record("r1", 25)
    alpha.grant(100, "more")
    assert grants_lapse(now=ENDS) == 1
    assert (lapsed(alpha), alpha.account.balance) == ([], 85)


def test_a_repeated_grant_makes_no_second_period(alpha: Spender) -> None:
    grant(alpha, 10, "monthly")
    grant(alpha, 10, "monthly")
    assert (PeriodicGrant.objects.count(), alpha.account.balance) == (1, 10)


def test_the_command_takes_the_last_day_and_the_schedule_ends_it(alpha: Spender) -> None:
    code, said = run("grant_credit", "alpha", "1", "--until", "2026-11-30", "--id", "g1")
    assert (code, said["ends_at"]) == (0, "2026-12-01T00:00:00+00:00")
    with pytest.raises(CommandError) as raised:
        run("grant_credit", "alpha", "1", "--until", "soon")
    assert raised.value.returncode == 2
    PeriodicGrant.objects.update(ends_at=NOW - timedelta(days=9_000))
    grants_sweep()
    assert alpha.account.balance == 0


def test_who_comes_back_finds_what_they_used_and_no_old_limit(alpha: Spender, cast: Cast) -> None:
    alice = Actor(PERSON, cast.alice.pk)
    carol = cast.membership(cast.carol)
    membership_change(membership=carol, monthly_limit=10, actor=alice)
    alpha.reserve("r1", 8, member_id=cast.carol.pk)
    membership_remove(membership=carol, actor=alice)
    again = membership_add(workspace=cast.alpha, user=cast.carol, role="member", actor=alice)
    assert alpha.reserve("r2", 20, member_id=cast.carol.pk) == Answer.RESERVED
    membership_change(membership=again, monthly_limit=30, actor=alice)
    with pytest.raises(LimitReached) as raised:
        alpha.reserve("r3", 3, member_id=cast.carol.pk)
    assert (raised.value.extra["bound"], raised.value.extra["held"]) == ("member", 28)


def test_no_sum_comes_to_more_than_a_column_holds(alpha: Spender) -> None:
    alpha.set(reserved=TOTAL_MAX - 5, month=202611, month_reserved=TOTAL_MAX - 5)
    with pytest.raises(LimitReached) as raised:
        alpha.reserve("r1", 6)
    assert raised.value.extra["bound"] == "total"
    assert alpha.reserve("r1", 5) == Answer.RESERVED
    alpha.set(reserved=0, month_reserved=0, balance=-TOTAL_MAX, month_used=TOTAL_MAX - 1)
    outcome = alpha.record("r2", AMOUNT_MAX)
    assert (outcome.charged, outcome.carried) == (0, AMOUNT_MAX)

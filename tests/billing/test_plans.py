"""Plans: what they bound and give, and what a smaller one leaves as it is."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.conf import LazySettings
from django.core.management import call_command

from billing.ledger.facts import Funding
from billing.models import LedgerEntry, PeriodicGrant
from billing.plans import EVERYTHING, FREE, PLANS, PRO, TEAM, entitled
from billing.selectors.plans import entitlements_for
from billing.services.funding import funding_set
from billing.services.plans import plan_set
from billing.tasks import grants_sweep
from opencode.lib.actor import THE_CONSOLE
from tests.billing.ledger import Spender
from tests.cast import Cast, SignIn, acting, person
from tests.support.audit import audited
from workspaces.errors import SeatLimitReached
from workspaces.models import Invitation, Membership, Role
from workspaces.services.blocks import workspace_block, workspace_unblock
from workspaces.services.invitations import invitation_accept, invitation_create
from workspaces.services.memberships import membership_add, membership_leave

pytestmark = pytest.mark.django_db
BEGINS = datetime(2027, 1, 31, 9, tzinfo=UTC)
DOLLAR = 100_000_000
SOLD = tuple(plan for plan in PLANS.values() if plan.is_sold)


@pytest.fixture(autouse=True)
def _team_includes_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plans may include different sums; those that this console sells do not."""
    monkeypatch.setitem(PLANS, TEAM, replace(PLANS[TEAM], included=50 * DOLLAR))  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def today() -> Iterator[time_machine.Traveller]:
    """The 31st of January 2027, a day that most months do not have."""
    with time_machine.travel(BEGINS, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def paying(settings: LazySettings) -> None:
    settings.PAYMENTS = replace(settings.PAYMENTS, mode="stripe")


@pytest.fixture
def alpha(cast: Cast) -> Spender:
    funding_set(workspace_id=cast.alpha.pk, funding=Funding.PREPAID, actor=THE_CONSOLE)
    return Spender(cast.alpha, BEGINS)


def put(cast: Cast, plan: str) -> bool:
    return plan_set(workspace_id=cast.alpha.pk, plan=plan, actor=THE_CONSOLE)


def invite(cast: Cast, email: str) -> Invitation:
    return invitation_create(workspace=cast.alpha, email=email, role=Role.MEMBER, actor=acting(cast.alice))


def credited() -> list[tuple[str, int]]:
    return list(LedgerEntry.objects.order_by("seq").values_list("source", "amount"))


def test_larger_plans_give_no_less() -> None:
    free, pro, team = (PLANS[name] for name in (FREE, PRO, TEAM))
    boundless = 10**18
    for smaller, larger in ((free, pro), (pro, team)):
        for bound in ("seats", "session_days"):
            assert (getattr(smaller, bound) or boundless) <= (getattr(larger, bound) or boundless)
        assert smaller.included <= larger.included
        assert smaller.cents < larger.cents
    assert {name: plan.name for name, plan in PLANS.items()} == {name: name for name in PLANS}


def test_no_plan_includes_more_than_is_paid_for_it_nor_pays_a_change_on_the_last_day() -> None:
    assert [plan.name for plan in SOLD if plan.included > plan.cents * plan.seats_billed(1) * DOLLAR // 100] == []
    assert len({plan.included for plan in SOLD}) == 1


def test_where_plans_are_not_sold_a_workspace_has_everything(cast: Cast, settings: LazySettings) -> None:
    assert entitlements_for(cast.alpha.pk) == PLANS[FREE]
    put(cast, PRO)
    assert entitlements_for(cast.alpha.pk) == PLANS[PRO]
    settings.SELLS_PLANS = False
    assert entitlements_for(cast.alpha.pk) == EVERYTHING
    settings.SELLS_PLANS = True
    settings.PAYMENTS = replace(settings.PAYMENTS, mode="none")
    assert entitlements_for(cast.alpha.pk) == EVERYTHING
    assert invite(cast, "dave@example.com")
    grants_sweep()
    assert credited() == []
    with pytest.raises(KeyError):
        entitled("gold", has_plans=True)


def test_seats_are_kept_at_the_invitation_and_when_it_is_accepted(cast: Cast) -> None:
    put(cast, PRO)
    invitation = invite(cast, "dave@example.com")
    put(cast, FREE)
    with pytest.raises(SeatLimitReached) as refused:
        invite(cast, "erin@example.com")
    assert refused.value.extra["limit"] == 3
    dave = person("dave")
    with pytest.raises(SeatLimitReached):
        invitation_accept(invitation=invitation, user=dave, actor=acting(dave))
    put(cast, TEAM)
    assert invitation_accept(invitation=invitation, user=dave, actor=acting(dave))


def test_smaller_plan_takes_nothing_away(cast: Cast, alpha: Spender) -> None:
    put(cast, TEAM)
    grants_sweep()
    membership_add(workspace=cast.alpha, user=person("dave"), role=Role.MEMBER, actor=THE_CONSOLE)
    put(cast, FREE)
    grants_sweep()
    assert Membership.objects.filter(workspace=cast.alpha).count() == 4
    assert alpha.account.balance == 50 * DOLLAR
    membership_leave(membership=cast.membership(cast.carol), actor=THE_CONSOLE)
    with pytest.raises(SeatLimitReached):
        invite(cast, "erin@example.com")


def test_each_period_begins_with_what_is_included_and_ends_without_what_is_left(
    cast: Cast, alpha: Spender, today: time_machine.Traveller
) -> None:
    put(cast, PRO)
    for _ in range(2):
        grants_sweep()
    assert credited() == [("allowance:2027-01-31:pro", 10 * DOLLAR)]
    alpha.reserve("r1", 4 * DOLLAR)
    alpha.settle("r1", 4 * DOLLAR)
    today.move_to(datetime(2027, 2, 28, 8, 59, tzinfo=UTC))
    grants_sweep()
    assert len(credited()) == 1
    today.move_to(datetime(2027, 2, 28, 9, tzinfo=UTC))
    grants_sweep()
    assert credited()[1:] == [
        ("lapse:allowance:2027-01-31:pro", -6 * DOLLAR),
        ("allowance:2027-02-28:pro", 10 * DOLLAR),
    ]
    today.move_to(datetime(2027, 3, 31, 9, tzinfo=UTC))
    grants_sweep()
    assert credited()[-1] == ("allowance:2027-03-31:pro", 10 * DOLLAR)
    assert alpha.account.balance == 10 * DOLLAR
    assert alpha.adds_up()


def test_grant_usage_and_reset_at_one_moment_count_once_each(
    cast: Cast, alpha: Spender, today: time_machine.Traveller
) -> None:
    put(cast, PRO)
    grants_sweep()
    reset = datetime(2027, 2, 28, 9, tzinfo=UTC)
    today.move_to(reset)
    alpha.now = reset
    alpha.grant(5 * DOLLAR)
    alpha.reserve("r1", 2 * DOLLAR)
    alpha.settle("r1", 2 * DOLLAR)
    for _ in range(2):
        grants_sweep()
    assert credited() == [
        ("allowance:2027-01-31:pro", 10 * DOLLAR),
        ("grant:one", 5 * DOLLAR),
        ("lapse:allowance:2027-01-31:pro", -8 * DOLLAR),
        ("allowance:2027-02-28:pro", 10 * DOLLAR),
    ]
    assert (alpha.account.balance, alpha.adds_up()) == (15 * DOLLAR, True)


def test_larger_plan_gives_the_difference_at_once_and_only_once(cast: Cast, alpha: Spender) -> None:
    for plan in (PRO, TEAM, PRO, TEAM):
        put(cast, plan)
        grants_sweep()
    assert credited() == [("allowance:2027-01-31:pro", 10 * DOLLAR), ("allowance:2027-01-31:team", 40 * DOLLAR)]
    ends = set(PeriodicGrant.objects.values_list("ends_at", flat=True))
    assert ends == {datetime(2027, 2, 28, 9, tzinfo=UTC)}


def test_closed_workspace_gets_its_period_once_it_is_open_again(
    cast: Cast, alpha: Spender, today: time_machine.Traveller
) -> None:
    put(cast, PRO)
    workspace_block(workspace=cast.alpha, actor=THE_CONSOLE)
    grants_sweep()
    assert credited() == []
    today.move_to(BEGINS + timedelta(days=90))
    workspace_unblock(workspace=cast.alpha, actor=THE_CONSOLE)
    grants_sweep()
    assert [source for source, _ in credited()] == ["allowance:2027-04-30:pro"]


def test_command_sets_a_plan_with_its_reason(cast: Cast) -> None:
    def run(plan: str, *more: str) -> tuple[int, dict[str, Any]]:
        said = StringIO()
        try:
            call_command("plan_set", "alpha", plan, "--reason", "agreed", "--json", *more, stdout=said)
        except SystemExit as end:
            return int(str(end.code)), json.loads(said.getvalue())
        return 0, json.loads(said.getvalue())

    assert run("pro", "--dry-run")[1]["changed"]
    assert entitlements_for(cast.alpha.pk) == PLANS[FREE]
    assert run("pro")[0] == 0
    assert run("pro")[0] == 1
    assert entitlements_for(cast.alpha.pk) == PLANS[PRO]
    assert run("none")[0] == 0
    entries = [json.loads(entry.details) for entry in audited(cast.alpha, "billing.plan")]
    assert entries == [
        {"from": "", "reason": "agreed", "to": "pro"},
        {"from": "pro", "reason": "agreed", "to": ""},
    ]


def test_billing_page_says_the_plan_and_its_seats(cast: Cast, sign_in: SignIn, settings: LazySettings) -> None:
    def page() -> str:
        return " ".join(sign_in(cast.alice).get("/workspaces/alpha/billing/").content.decode().split())

    assert "<strong>Free</strong>: 3 of 3 seats taken." in page()
    put(cast, TEAM)
    assert "3 members, without a limit; $50.00 of credit included each month, the next on" in page()
    settings.PAYMENTS = replace(settings.PAYMENTS, mode="none")
    assert ">Plan<" not in page()


def test_unknown_plan_is_refused(cast: Cast) -> None:
    with pytest.raises(ValueError, match="gold"):
        put(cast, "gold")

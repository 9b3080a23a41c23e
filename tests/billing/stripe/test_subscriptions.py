"""Plans that are bought at Stripe: begun, changed, renewed, not paid, ended, and what each does to the workspace."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from billing.errors import PlanNotCharged, PlanSubscribed
from billing.models import StripeCall, StripeCustomer
from billing.plans import FREE, PLANS, PRO, TEAM
from billing.selectors.plans import entitlements_for
from billing.services.grants import grants_lapse
from billing.services.plans import plan_set
from billing.stripe import customers
from billing.stripe.inbox import event_replay
from billing.stripe.reconciling import payments_reconcile
from billing.stripe.subscribing import plan_choose
from opencode.lib.actor import THE_CONSOLE
from tests.billing.stripe.payments import Paying
from tests.cast import Cast, SignIn, owner_acting, person
from workspaces.models import Role
from workspaces.services.blocks import workspace_block, workspace_unblock
from workspaces.services.memberships import membership_add

PAGE = "/workspaces/alpha/billing/plan/"
DAY = timedelta(days=1)
DOLLAR = 100_000_000


@pytest.fixture(autouse=True)
def _team_includes_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plans may include different sums; those that this console sells do not."""
    monkeypatch.setitem(PLANS, TEAM, replace(PLANS[TEAM], included=50 * DOLLAR))  # type: ignore[arg-type]


class Subscriber:
    """alpha buys plans."""

    def __init__(self, paying: Paying) -> None:
        self.paying = paying

    def choose(self, plan: str) -> str:
        workspace = self.paying.workspace
        return plan_choose(workspace=workspace, plan=plan, actor=owner_acting(workspace), now=self.paying.now)

    def pay(self, card: str = "visa") -> int:
        """Pay on the newest page; returns the answer's status."""
        session = next(iter(self.paying.sandbox.every("checkout.session")))
        method = self.paying.api.payment_methods.create({"type": "card", "card": {"token": f"tok_{card}"}})
        page = f"/v1/payment_pages/{session['id']}/confirm"
        return self.paying.send("POST", page, f"payment_method={method.id}").status

    def subscribe(self, plan: str = PRO) -> None:
        assert self.choose(plan)
        assert self.pay() == 200
        self.paying.hear()

    def later(self, days: float) -> None:
        """Time passes at Stripe; its events arrive."""
        for seconds in (int(days * 86_400), 2 * 3_600):  # a renewal's invoice is a draft for an hour
            self.paying.sandbox.advance(seconds)
            self.paying.api.events.list()
        self.paying.hear()

    def card(self, card: str) -> None:
        customer = str(self.paying.account.customer_id)
        method = self.paying.api.payment_methods.attach(f"pm_card_{card}", {"customer": customer})
        given: Any = {"default_payment_method": method.id}
        self.paying.api.subscriptions.update(self.row.subscription_id, given)

    @property
    def row(self) -> StripeCustomer:
        return StripeCustomer.objects.get()

    @property
    def plan(self) -> str:
        return entitlements_for(self.paying.workspace.pk).name

    @property
    def given(self) -> list[int]:
        """The allowances, in cents."""
        return [cents for source, cents in self.paying.entries if source.startswith("allowance:")]


@pytest.fixture
def subscriber(paying: Paying) -> Subscriber:
    return Subscriber(paying)


def test_plan_begins_with_its_payment_and_gives_what_it_includes_once(subscriber: Subscriber, paying: Paying) -> None:
    assert subscriber.plan == FREE
    subscriber.choose(PRO)
    paying.hear()
    assert (subscriber.plan, subscriber.given) == (FREE, [])
    assert subscriber.pay() == 200
    paying.hear()
    paying.hear(reversed(paying.told))
    row = subscriber.row
    assert (subscriber.plan, row.status, row.cents, row.seats) == (PRO, "active", 2_000, 1)
    assert (subscriber.given, paying.balance, paying.adds_up()) == ([1_000], 1_000, True)
    invoice = next(event for event in paying.told if event["type"] == "invoice.paid")
    assert event_replay(invoice["id"], now=paying.now)
    assert subscriber.given == [1_000]


def test_declined_at_first_leaves_the_workspace_as_it_was(subscriber: Subscriber, paying: Paying) -> None:
    subscriber.choose(PRO)
    assert subscriber.pay("chargeDeclined") == 402
    paying.hear()
    assert (subscriber.plan, subscriber.given) == (FREE, [])


def test_with_every_event_lost_one_reconcile_makes_it_right(subscriber: Subscriber, paying: Paying) -> None:
    subscriber.choose(TEAM)
    subscriber.pay()
    paying.sandbox.records["event"].clear()
    payments_reconcile(now=paying.now)
    assert (subscriber.plan, subscriber.given) == (TEAM, [5_000])


def test_each_period_gives_once_it_is_paid_and_what_is_left_lapses(subscriber: Subscriber, paying: Paying) -> None:
    subscriber.subscribe()
    ends_at = subscriber.row.period_ends_at
    assert ends_at is not None
    subscriber.later(32)
    grants_lapse(now=paying.now)
    assert (subscriber.given, paying.balance) == ([1_000, 1_000], 1_000)
    assert subscriber.row.period_begins_at == ends_at
    assert paying.adds_up()


def test_larger_plan_is_charged_at_once_and_gives_the_difference(subscriber: Subscriber, paying: Paying) -> None:
    subscriber.subscribe()
    assert subscriber.choose(TEAM) == ""
    paying.hear()
    row = subscriber.row
    assert (subscriber.plan, row.seats, subscriber.given) == (TEAM, 3, [1_000, 4_000])
    assert subscriber.choose(TEAM) == ""
    subscriber.choose(PRO)
    subscriber.choose(TEAM)
    paying.hear()
    assert (subscriber.plan, subscriber.given) == (TEAM, [1_000, 4_000])


def test_reading_that_a_newer_one_has_overtaken_writes_nothing(
    subscriber: Subscriber, paying: Paying, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscriber.subscribe()
    read = customers.customer_read

    def overtaken(*args: Any) -> Any:
        reading = read(*args)
        monkeypatch.setattr(customers, "customer_read", read)
        subscriber.choose(TEAM)
        assert customers.customer_converge(paying.account.pk, now=paying.now)
        return reading

    monkeypatch.setattr(customers, "customer_read", overtaken)
    assert not customers.customer_converge(paying.account.pk, now=paying.now)
    assert (subscriber.plan, subscriber.row.plan) == (TEAM, TEAM)


def test_change_that_the_card_does_not_pay_changes_nothing(subscriber: Subscriber, paying: Paying) -> None:
    subscriber.subscribe()
    subscriber.card("chargeCustomerFail")
    with pytest.raises(PlanNotCharged):
        subscriber.choose(TEAM)
    paying.hear()
    assert (subscriber.plan, subscriber.row.status, subscriber.given) == (PRO, "active", [1_000])


def test_ended_plan_lasts_until_its_period_is_over_and_can_be_kept(subscriber: Subscriber, paying: Paying) -> None:
    subscriber.subscribe()
    subscriber.choose(FREE)
    assert (subscriber.plan, subscriber.row.ends_at) == (PRO, subscriber.row.period_ends_at)
    subscriber.choose(PRO)
    assert subscriber.row.ends_at is None
    subscriber.choose(FREE)
    subscriber.later(32)
    assert (subscriber.plan, subscriber.row.status, subscriber.given) == (FREE, "canceled", [1_000])
    subscriber.subscribe(TEAM)
    assert (subscriber.plan, subscriber.given) == (TEAM, [1_000, 5_000])


def test_past_due_keeps_the_plan_gives_nothing_and_ends_when_stripe_gives_up(
    subscriber: Subscriber, paying: Paying, cast: Cast, sign_in: SignIn
) -> None:
    subscriber.subscribe()
    subscriber.card("chargeCustomerFail")
    subscriber.later(32)
    assert (subscriber.plan, subscriber.row.status, subscriber.given) == (PRO, "past_due", [1_000])
    browser = sign_in(cast.alice)
    assert "last invoice was not paid" in browser.get(PAGE).content.decode()
    assert "last invoice was not paid" in browser.get("/workspaces/alpha/billing/").content.decode()
    with pytest.raises(PlanNotCharged):
        subscriber.choose(TEAM)
    for _ in range(3):
        subscriber.later(8)
    assert (subscriber.plan, subscriber.row.status) == (FREE, "unpaid")
    assert "The plan was not paid for" in browser.get(PAGE).content.decode()


def test_seats_of_the_subscription_follow_the_members(subscriber: Subscriber, paying: Paying) -> None:
    subscriber.subscribe(TEAM)
    membership_add(workspace=paying.workspace, user=person("dave"), role=Role.MEMBER, actor=THE_CONSOLE)
    done = payments_reconcile(now=paying.now)
    assert (done.subscriptions_mended, subscriber.row.seats) == (1, 4)
    assert payments_reconcile(now=paying.now).subscriptions_mended == 0
    assert (
        paying.api.subscriptions.retrieve(subscriber.row.subscription_id).to_dict()["items"]["data"][0]["quantity"] == 4
    )


def test_closed_workspace_is_charged_nothing_until_it_is_open_again(subscriber: Subscriber, paying: Paying) -> None:
    subscriber.subscribe()
    workspace_block(workspace=paying.workspace, actor=THE_CONSOLE)
    payments_reconcile(now=paying.now)
    assert subscriber.row.is_paused
    subscriber.later(32)
    assert subscriber.given == [1_000]
    workspace_unblock(workspace=paying.workspace, actor=THE_CONSOLE)
    payments_reconcile(now=paying.now)
    assert (subscriber.row.is_paused, subscriber.plan) == (False, PRO)


def test_answer_that_is_lost_is_found_and_nothing_is_done_twice(subscriber: Subscriber, paying: Paying) -> None:
    subscriber.subscribe()
    paying.fault("POST /v1/subscriptions/*", "time_out_after")
    with pytest.raises(Exception, match="did not answer"):
        subscriber.choose(TEAM)
    payments_reconcile(now=paying.now + timedelta(minutes=2))
    assert (subscriber.plan, subscriber.given) == (TEAM, [1_000, 4_000])
    assert not StripeCall.objects.filter(ended_at=None).exists()


def test_second_page_ends_the_first_so_that_one_plan_is_bought(subscriber: Subscriber, paying: Paying) -> None:
    subscriber.choose(PRO)
    first = next(iter(paying.sandbox.every("checkout.session")))
    subscriber.choose(TEAM)
    assert first["status"] == "expired"
    subscriber.pay()
    assert subscriber.choose(TEAM) == ""
    assert len(list(paying.sandbox.every("subscription"))) == 1


def test_staff_set_no_plan_over_a_subscription(subscriber: Subscriber, paying: Paying) -> None:
    subscriber.subscribe()
    with pytest.raises(PlanSubscribed):
        plan_set(workspace_id=paying.workspace.pk, plan=TEAM, actor=THE_CONSOLE)


def test_what_staff_have_set_outlives_a_subscription_that_has_ended(subscriber: Subscriber, paying: Paying) -> None:
    subscriber.subscribe()
    paying.api.subscriptions.cancel(subscriber.row.subscription_id)
    paying.hear()
    assert subscriber.plan == FREE
    plan_set(workspace_id=paying.workspace.pk, plan=PRO, actor=THE_CONSOLE)
    paying.hear()
    assert subscriber.plan == PRO


def test_subscription_to_something_else_is_no_plan(subscriber: Subscriber, paying: Paying) -> None:
    subscriber.choose(PRO)
    customer = str(paying.account.customer_id)
    method = paying.api.payment_methods.attach("pm_card_visa", {"customer": customer})
    items: Any = [{"price": paying.price(500)}]
    paying.api.subscriptions.create({"customer": customer, "items": items, "default_payment_method": method.id})
    paying.hear()
    assert (subscriber.plan, subscriber.row.status, subscriber.given) == (FREE, "", [])


def test_plans_page_offers_each_plan_and_leads_to_the_page_to_pay_on(
    subscriber: Subscriber, paying: Paying, cast: Cast, sign_in: SignIn
) -> None:
    browser = sign_in(cast.alice)
    text = " ".join(browser.get(PAGE).content.decode().split())
    for words in ("Subscribe to Pro", "$25.00</strong> a month for each member, $75.00 in all", "Your plan"):
        assert words in text
    assert "/pay/cs_test" in browser.post(PAGE, {"plan": PRO}).content.decode()
    subscriber.pay()
    paying.hear()
    text = " ".join(browser.get(PAGE).content.decode().split())
    assert "Change to Team" in text
    assert browser.post(PAGE, {"plan": "gold"}).status_code == 422
    assert browser.post(PAGE, {"plan": FREE}).status_code == 302
    text = " ".join(browser.get(PAGE).content.decode().split())
    assert "The plan Pro ends" in text
    assert "Keep Pro" in text
    assert "Subscribe to" not in sign_in(cast.bob).get(PAGE).content.decode()
    assert sign_in(cast.bob).post(PAGE, {"plan": PRO}).status_code == 403


def test_where_no_plans_are_sold_there_is_no_page(paying: Paying, cast: Cast, sign_in: SignIn, settings: Any) -> None:
    settings.SELLS_PLANS = False
    assert sign_in(cast.alice).get(PAGE).status_code == 409
    assert ">Plan<" not in sign_in(cast.alice).get("/workspaces/alpha/billing/").content.decode()
    assert PLANS[FREE].seats == 3

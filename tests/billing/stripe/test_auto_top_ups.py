"""Topping up by itself: one charge for each time the balance falls below, and a pause when the card does not pay."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import OutgoingMail
from billing.ledger.facts import Funding
from billing.models import AutoTopUp, AutoTopUpAttempt, StripeCall, TopUp
from billing.selectors.payments import payments_state
from billing.services.alerts import alerts_send
from billing.services.funding import funding_set
from billing.services.grants import credit_grant
from billing.stripe.autotopups import (
    AutoTopUpWish,
    auto_top_up_retry,
    auto_top_up_set,
    auto_top_ups_charge,
    charged_in_month,
)
from billing.stripe.reconciling import payments_reconcile
from billing.stripe.support import top_up_refund
from billing.stripe.topups import customer_ensure
from opencode.lib.actor import THE_CONSOLE
from tests.billing.stripe.payments import CENT, Paying
from tests.cast import Cast, SignIn, owner_acting
from workspaces.models import WebhookDelivery
from workspaces.services.blocks import workspace_block
from workspaces.services.webhook_endpoints import webhook_create

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
PAGE = "/workspaces/alpha/billing/auto/"


class Automatic:
    """alpha tops up by itself: below $5, $20."""

    def __init__(self, paying: Paying) -> None:
        self.paying, self.requests = paying, 0

    def start(self, card: str = "pm_card_visa", balance: int = 600, **wish: Any) -> None:
        customer_id = customer_ensure(self.paying.account, now=self.paying.now)
        method = self.paying.api.payment_methods.attach(card, {"customer": customer_id})
        given: Any = {"default_payment_method": method.id}
        self.paying.api.customers.update(customer_id, {"invoice_settings": given})
        if balance:
            credit_grant(workspace_id=self.paying.workspace.pk, amount=balance * CENT, grant_id="g", actor=THE_CONSOLE)
        self.set(**wish)

    def set(self, **wish: Any) -> None:
        given = AutoTopUpWish(**{"is_on": True, "threshold": 500, "amount": 2_000, **wish})
        auto_top_up_set(workspace=self.paying.workspace, wish=given, actor=owner_acting(self.paying.workspace))

    def spend(self, cents: int) -> None:
        self.requests += 1
        self.paying.spend(cents, f"request {self.requests}")

    def work(self, ahead: timedelta = timedelta()) -> None:
        AutoTopUp.objects.filter(due_at__lte=self.paying.now).update(due_at=self.paying.now)
        self.paying.work(ahead)

    @property
    def row(self) -> AutoTopUp:
        return AutoTopUp.objects.get()

    @property
    def outcomes(self) -> list[tuple[str, str]]:
        return list(AutoTopUpAttempt.objects.order_by("pk").values_list("outcome", "code"))

    @property
    def charges(self) -> int:
        return len(self.paying.sandbox.records.get("payment_intent", {}))


@pytest.fixture
def automatic(paying: Paying) -> Automatic:
    return Automatic(paying)


def test_below_the_threshold_the_card_is_charged_once(automatic: Automatic, paying: Paying) -> None:
    automatic.start()
    automatic.spend(100)
    automatic.work()
    assert (automatic.charges, paying.balance) == (0, 500)
    for _ in range(3):
        automatic.spend(10)
    automatic.work()
    automatic.work()
    assert (automatic.charges, paying.balance, automatic.outcomes) == (1, 2_470, [("paid", "")])
    (top_up,) = TopUp.objects.all()
    assert (top_up.kind, top_up.state, paying.entries[-1]) == ("auto", "paid", (f"topup:{top_up.pk}", 2_000))
    automatic.spend(2_000)
    automatic.work()
    assert (automatic.charges, paying.balance, paying.adds_up()) == (2, 2_470, True)


def test_switched_on_below_the_threshold_it_charges_once(automatic: Automatic, paying: Paying) -> None:
    automatic.start(balance=100)
    automatic.set()
    automatic.work()
    automatic.work()
    assert (automatic.charges, paying.balance) == (1, 2_100)


def test_nothing_is_charged_when_it_is_off(automatic: Automatic, paying: Paying) -> None:
    automatic.start(is_on=False)
    automatic.spend(300)
    automatic.work()
    assert (automatic.charges, automatic.row.due_at) == (0, None)


def test_a_refund_charges_no_card(automatic: Automatic, paying: Paying) -> None:
    automatic.start(balance=0, is_on=False)
    top_up = paying.paid(1_000)
    automatic.set()
    assert top_up_refund(top_up_id=top_up.pk, cents=None, actor=THE_CONSOLE)
    assert (paying.balance, automatic.row.due_at) == (0, None)


def test_a_declined_card_is_tried_again_and_then_not(automatic: Automatic, paying: Paying) -> None:
    automatic.start("pm_card_chargeCustomerFail")
    automatic.spend(300)
    automatic.work()
    now = paying.now
    for tries, pause in ((1, 1), (2, 3), (3, 7)):
        assert (automatic.row.tries, automatic.row.due_at) == (tries, now + pause * HOUR)
        automatic.spend(1)
        assert auto_top_ups_charge(now=now + pause * HOUR - MINUTE) == 0
        now += pause * HOUR
        assert auto_top_ups_charge(now=now) == 1
    assert (automatic.row.paused_for, automatic.row.due_at, automatic.charges) == ("generic_decline", None, 4)
    assert OutgoingMail.objects.filter(subject__contains="was not charged").count() == 1
    assert payments_state(paying.account).code == "paused"
    automatic.spend(1)
    assert auto_top_ups_charge(now=now + 100 * HOUR) == 0
    assert (paying.balance, paying.adds_up()) == (296, True)


@pytest.mark.parametrize(
    ("card", "code"),
    [("pm_card_authenticationRequired", "authentication_required")],
)
def test_what_only_the_holder_can_mend_pauses_at_once(
    automatic: Automatic, paying: Paying, card: str, code: str
) -> None:
    automatic.start(card)
    automatic.spend(300)
    automatic.work()
    assert (automatic.row.paused_for, automatic.charges, paying.balance) == (code, 1, 300)


def test_without_a_card_it_pauses_and_asks_for_one(automatic: Automatic, paying: Paying) -> None:
    automatic.start()
    method = paying.api.payment_methods.list({"customer": str(paying.account.customer_id)}).data[0]
    paying.api.payment_methods.detach(method.id)
    automatic.spend(300)
    automatic.work()
    assert (automatic.row.paused_for, automatic.charges) == ("no_card", 0)


def test_after_a_pause_a_person_tries_again(automatic: Automatic, paying: Paying) -> None:
    automatic.start("pm_card_authenticationRequired")
    automatic.spend(300)
    automatic.work()
    customer = str(paying.account.customer_id)
    method = paying.api.payment_methods.attach("pm_card_visa", {"customer": customer})
    given: Any = {"default_payment_method": method.id}
    paying.api.customers.update(customer, {"invoice_settings": given})
    who = owner_acting(paying.workspace)
    assert auto_top_up_retry(workspace=paying.workspace, actor=who)
    assert not auto_top_up_retry(workspace=paying.workspace, actor=who)
    automatic.work()
    assert (automatic.outcomes[-1], paying.balance) == (("paid", ""), 2_300)


def test_another_card_ends_the_pause_and_the_same_one_does_not(automatic: Automatic, paying: Paying) -> None:
    automatic.start("pm_card_authenticationRequired")
    automatic.spend(300)
    automatic.work()
    paying.hear()
    assert automatic.row.paused_at is not None
    customer = str(paying.account.customer_id)
    method = paying.api.payment_methods.attach("pm_card_visa", {"customer": customer})
    given: Any = {"default_payment_method": method.id}
    paying.api.customers.update(customer, {"invoice_settings": given})
    paying.hear()
    automatic.work()
    assert (automatic.row.paused_at, automatic.outcomes[-1], paying.balance) == (None, ("paid", ""), 2_300)


def test_webhooks_hear_of_credit_and_of_a_pause(automatic: Automatic, paying: Paying) -> None:
    events = ["topup.credited", "topup.taken_back", "topup.paused"]
    acts = owner_acting(paying.workspace)
    webhook_create(workspace=paying.workspace, url="https://example.com/", events=events, actor=acts)
    top_up = paying.paid()
    assert top_up_refund(top_up_id=top_up.pk, cents=500, actor=THE_CONSOLE)
    automatic.start("pm_card_authenticationRequired", balance=0, threshold=2_000)
    automatic.work()
    said = [json.loads(body) for body in WebhookDelivery.objects.order_by("pk").values_list("body", flat=True)]
    assert [each["type"] for each in said] == events
    assert said[0]["data"] == {"top_up": top_up.pk, "micro_cents": 2_000 * CENT, "balance_micro_cents": 2_000 * CENT}
    assert (said[1]["data"]["micro_cents"], said[1]["data"]["balance_micro_cents"]) == (-500 * CENT, 1_500 * CENT)
    assert said[2]["data"] == {"code": "authentication_required"}


def test_balance_that_tops_itself_up_sends_no_alerts(automatic: Automatic, paying: Paying) -> None:
    automatic.start()
    funding_set(workspace_id=paying.workspace.pk, funding=Funding.PREPAID, actor=THE_CONSOLE)
    automatic.spend(400)
    assert alerts_send(now=paying.now) == 0
    automatic.set(is_on=False)
    automatic.spend(150)
    assert alerts_send(now=paying.now) == 1


def test_billing_page_says_what_is_charged_next_and_to_whom(
    automatic: Automatic, paying: Paying, cast: Cast, sign_in: SignIn
) -> None:
    browser = sign_in(cast.alice)
    assert "Nothing is charged by itself" in browser.get("/workspaces/alpha/billing/").content.decode()
    automatic.start()
    customer = str(paying.account.customer_id)
    paying.api.customers.update(customer, {"name": "Alpha <GmbH>", "email": "books@example.com"})
    paying.hear()
    text = " ".join(browser.get("/workspaces/alpha/billing/").content.decode().split())
    assert "<strong>$21.23</strong> for $20.00 of credit, when requests bring the balance below $5.00" in text
    for words in ("Alpha &lt;GmbH&gt;", "books@example.com", "visa 4242"):
        assert words in text


def test_a_charge_without_an_answer_counts_as_no_try_and_is_done_once(automatic: Automatic, paying: Paying) -> None:
    automatic.start()
    automatic.spend(300)
    paying.fault("POST /v1/payment_intents", "time_out_after")
    automatic.work()
    assert (automatic.outcomes, automatic.row.tries, paying.balance) == ([("open", "")], 0, 300)
    automatic.spend(1)
    auto_top_ups_charge(now=paying.now)
    payments_reconcile(now=paying.now + 2 * MINUTE)
    assert (automatic.charges, automatic.outcomes, paying.balance) == (1, [("paid", "")], 2_299)


def test_a_call_that_stripe_refuses_ends_its_attempt(automatic: Automatic, paying: Paying) -> None:
    automatic.start()
    automatic.spend(300)
    paying.sandbox.records["payment_method"].clear()
    automatic.work()
    assert (automatic.outcomes, automatic.row.paused_for) == ([("declined", "resource_missing")], "resource_missing")
    assert not StripeCall.objects.filter(ended_at=None).exists()


def test_no_more_than_the_ceiling_is_charged_in_a_month(automatic: Automatic, paying: Paying) -> None:
    automatic.start(ceiling=3_000)
    automatic.spend(300)
    automatic.work()
    automatic.spend(2_000)
    automatic.work()
    assert (automatic.charges, paying.balance, charged_in_month(paying.account.pk, paying.now)) == (1, 300, 2_000)
    due = automatic.row.due_at
    assert due is not None
    assert (due.day, due > paying.now) == (1, True)
    assert auto_top_ups_charge(now=due) == 1
    assert paying.balance == 2_300


def test_what_was_topped_up_by_hand_meanwhile_is_not_charged(automatic: Automatic, paying: Paying) -> None:
    automatic.start("pm_card_chargeCustomerFail")
    automatic.spend(300)
    automatic.work()
    paying.paid()
    assert auto_top_ups_charge(now=paying.now + HOUR) == 0
    assert (automatic.row.due_at, automatic.row.is_armed) == (None, True)


def test_a_blocked_workspace_is_charged_nothing(automatic: Automatic, paying: Paying) -> None:
    automatic.start()
    automatic.spend(300)
    workspace_block(workspace=paying.workspace, actor=THE_CONSOLE)
    automatic.work()
    assert (automatic.charges, automatic.row.is_armed) == (0, True)


def test_there_is_one_open_attempt(automatic: Automatic, paying: Paying) -> None:
    automatic.start()
    account = paying.account.pk
    AutoTopUpAttempt.objects.create(account_id=account, epoch=1, number=1, top_up_id=1, open_for=account)
    with pytest.raises(IntegrityError), transaction.atomic():
        AutoTopUpAttempt.objects.create(account_id=account, epoch=2, number=1, top_up_id=2, open_for=account)


def test_an_owner_sets_it_on_its_page(automatic: Automatic, paying: Paying, cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in(cast.alice)
    assert browser.get(PAGE).status_code == 200
    given = {"is_on": "on", "threshold": "7.50", "amount": "25", "ceiling": ""}
    assert browser.post(PAGE, given).status_code == 302
    row = automatic.row
    assert (row.is_on, row.threshold_cents, row.amount_cents, row.ceiling_cents) == (True, 750, 2_500, None)
    for wrong in ({"amount": "9.99"}, {"threshold": "0"}, {"ceiling": "24.99"}, {"amount": "x"}):
        assert browser.post(PAGE, {**given, **wrong}).status_code == 422
    assert sign_in(cast.bob).get(PAGE).status_code == 403


def test_the_page_says_why_it_paused_and_tries_again(
    automatic: Automatic, paying: Paying, cast: Cast, sign_in: SignIn
) -> None:
    automatic.start("pm_card_authenticationRequired")
    automatic.spend(300)
    automatic.work()
    browser = sign_in(cast.alice)
    text = browser.get(PAGE).content.decode()
    assert "The bank wants its holder" in text
    assert "authentication_required" in text
    assert "The saved card was not charged" in browser.get("/workspaces/alpha/billing/").content.decode()
    assert browser.post(f"{PAGE}retry/").status_code == 302
    assert automatic.row.paused_at is None

"""A top-up from the page to the ledger: paid is credited once, whatever is repeated, lost or late."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
import stripe

from billing.errors import PaymentsOff, PaymentsUnavailable, TopUpAmountInvalid, TopUpsTooMany
from billing.models import BillingAccount, StripeCall, TopUp
from billing.pricing.fees import fee_cents
from billing.selectors.payments import payments_of, payments_state
from billing.stripe import converging
from billing.stripe.calls import call_done, call_refuse
from billing.stripe.converging import top_up_converge
from billing.stripe.topups import BEGUN_AN_HOUR
from tests.billing.stripe.payments import Paying
from tests.cast import Cast, acting
from tests.support.audit import audited
from workspaces.services.workspaces import workspace_create

MINUTE = timedelta(minutes=1)


def test_what_is_paid_is_credited_once(paying: Paying) -> None:
    top_up = paying.begin(2_000)
    assert (top_up.state, paying.balance) == ("created", 0)
    assert paying.url.endswith(f"/pay/{top_up.session_id}")
    paying.pay(top_up)
    for _ in range(3):
        paying.hear()
    top_up.refresh_from_db()
    assert (top_up.state, paying.balance, paying.entries) == ("paid", 2_000, [(f"topup:{top_up.pk}", 2_000)])
    assert (top_up.total_cents, top_up.card) == (2_000 + fee_cents(2_000), "visa 4242")
    assert top_up.receipt_url
    assert top_up.invoice_url
    assert (paying.waiting(), paying.adds_up()) == (0, True)
    (entry,) = audited(paying.workspace, "billing.topup")
    assert entry.actor_id == top_up.person_id


def test_credit_and_fee_are_charged(paying: Paying) -> None:
    top_up = paying.begin(5_000)
    session = paying.api.checkout.sessions.retrieve(str(top_up.session_id), {"expand": ["line_items"]})
    assert [line.amount_total for line in session.line_items.data] == [5_000, fee_cents(5_000)]  # type: ignore[union-attr]
    assert (session.currency, session.customer) == ("usd", paying.account.customer_id)


def test_a_second_top_up_has_the_same_customer(paying: Paying) -> None:
    first, second = paying.begin(), paying.begin()
    assert first.session_id != second.session_id
    assert len(paying.api.customers.list().data) == 1


def test_nothing_is_credited_before_a_debit_arrives(paying: Paying) -> None:
    top_up = paying.begin()
    intent = {"status": "complete", "payment_status": "unpaid"}
    session = paying.sandbox.records["checkout.session"][str(top_up.session_id)]
    debit = paying.api.payment_intents.create({"amount": session["amount_total"], "currency": "usd"})
    paying.sandbox.records["payment_intent"][debit.id]["status"] = "processing"
    paying.sandbox.update(session, {**intent, "payment_intent": debit.id})
    top_up_converge(top_up.pk, now=paying.now)
    top_up.refresh_from_db()
    assert (top_up.state, paying.entries) == ("pending", [])
    assert payments_state(paying.account).code == "pending"


def test_a_declined_card_leaves_the_page_open(paying: Paying) -> None:
    top_up = paying.begin()
    paying.pay(top_up, "pm_card_chargeDeclined")
    paying.hear()
    top_up.refresh_from_db()
    assert (top_up.state, paying.entries) == ("created", [])
    paying.pay(top_up)
    paying.hear()
    assert paying.balance == 2_000


def test_a_page_that_nobody_pays_on_expires(paying: Paying) -> None:
    top_up = paying.begin()
    paying.api.checkout.sessions.expire(str(top_up.session_id))
    paying.hear()
    top_up.refresh_from_db()
    assert (top_up.state, top_up.detail, paying.entries) == ("failed", "expired", [])


@pytest.mark.parametrize("kind", ["checkout.session", "payment_intent", "charge"])
def test_another_currency_is_refused(paying: Paying, kind: str) -> None:
    top_up = paying.begin()
    paying.pay(top_up)
    (record,) = paying.sandbox.records[kind].values()
    record["currency"] = "eur"
    paying.hear()
    top_up.refresh_from_db()
    assert (top_up.state, top_up.detail, paying.entries) == ("refused", "currency_unexpected", [])


@pytest.mark.parametrize(
    ("kind", "field"), [("checkout.session", "amount_subtotal"), ("payment_intent", "amount_received")]
)
def test_another_amount_is_refused(paying: Paying, kind: str, field: str) -> None:
    top_up = paying.begin()
    paying.pay(top_up)
    (record,) = paying.sandbox.records[kind].values()
    record[field] -= 1
    paying.hear()
    top_up.refresh_from_db()
    assert (top_up.state, top_up.detail, paying.entries) == ("refused", "amount_unexpected", [])


def test_a_reading_that_was_overtaken_changes_nothing(paying: Paying, monkeypatch: pytest.MonkeyPatch) -> None:
    top_up = paying.begin()
    read = converging.top_up_read

    def slow(client: Any, row: TopUp) -> Any:
        seen = read(client, row)
        monkeypatch.setattr(converging, "top_up_read", read)
        paying.pay(top_up)
        assert top_up_converge(top_up.pk, now=paying.now)
        return seen

    monkeypatch.setattr(converging, "top_up_read", slow)
    assert not top_up_converge(top_up.pk, now=paying.now)
    top_up.refresh_from_db()
    assert (top_up.state, paying.balance) == ("paid", 2_000)


def test_what_stripe_does_not_answer_stays_due(paying: Paying) -> None:
    top_up = paying.begin()
    paying.pay(top_up)
    paying.fault("GET /v1/checkout/sessions/*")
    paying.hear()
    assert (paying.entries, paying.waiting() > 0) == ([], True)
    paying.work(ahead=5 * MINUTE)
    assert (paying.balance, paying.waiting()) == (2_000, 0)


@pytest.mark.parametrize("fault", ["error_before", "time_out_before", "rate_limit"])
def test_a_page_that_stripe_does_not_give_charges_nobody(paying: Paying, fault: str) -> None:
    paying.fault("POST /v1/checkout/sessions", fault)
    with pytest.raises(PaymentsUnavailable):
        paying.begin()
    assert StripeCall.objects.get(act="checkout").state == "unknown"
    assert TopUp.objects.get().session_id is None


def test_an_answer_that_was_lost_is_found_under_its_key(paying: Paying) -> None:
    paying.fault("POST /v1/checkout/sessions", "time_out_after")
    with pytest.raises(PaymentsUnavailable):
        paying.begin()
    top_up = TopUp.objects.get()
    assert not top_up_converge(top_up.pk, now=paying.now)
    assert top_up_converge(top_up.pk, now=paying.now + MINUTE)
    top_up.refresh_from_db()
    (session,) = paying.api.checkout.sessions.list().data
    assert (top_up.session_id, top_up.state) == (session.id, "created")


def test_a_refused_call_is_not_made_again(paying: Paying) -> None:
    paying.begin()
    paying.sandbox.records["customer"].clear()
    with pytest.raises(PaymentsUnavailable):
        paying.begin()
    call = StripeCall.objects.latest("pk")
    assert (call.state, call.error) == ("refused", "resource_missing")
    assert TopUp.objects.latest("pk").state == "failed"


def test_amounts_are_bounded(paying: Paying) -> None:
    for cents in (0, 999, 1_000_001):
        with pytest.raises(TopUpAmountInvalid):
            paying.begin(cents)
    assert not TopUp.objects.exists()


def test_begun_top_ups_are_bounded(paying: Paying) -> None:
    TopUp.objects.bulk_create(
        TopUp(account=paying.account, credit_cents=1_000, fee_cents=1, created_at=paying.now)
        for _ in range(BEGUN_AN_HOUR)
    )
    with pytest.raises(TopUpsTooMany):
        paying.begin()


def test_without_payments_nothing_begins(paying: Paying, settings: Any) -> None:
    settings.PAYMENTS = settings.PAYMENTS.__class__("none", "", "", (), 0, "")
    with pytest.raises(PaymentsOff):
        paying.begin()
    assert payments_state(paying.account).code == "off"


def test_payments_are_listed_newest_first(paying: Paying) -> None:
    one, two = paying.paid(1_000), paying.paid(3_000)
    paying.begin()
    shown = payments_of(paying.account.pk)
    assert [(each.id, each.credit) for each in shown] == [(two.pk, 3_000), (one.pk, 1_000)]
    assert [each.id for each in payments_of(paying.account.pk, before_id=two.pk)] == [one.pk]


def test_a_call_that_somebody_else_is_making_is_not_given_up(paying: Paying, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stripe answers 409 to the second of two, in the words of a refusal."""
    taken = stripe.InvalidRequestError("in use", None, code="idempotency_key_in_use", http_status=409)
    create = paying.api.checkout.sessions.create
    monkeypatch.setattr(paying.api.checkout.sessions, "create", Mock(side_effect=taken))
    with pytest.raises(PaymentsUnavailable):
        paying.begin()
    call = StripeCall.objects.latest("pk")
    assert (call.state, TopUp.objects.get().state) == ("unknown", "created")
    call_refuse(call, "thought_so", now=paying.now)
    call_done(call, create(call.parameters).id, now=paying.now)
    top_up_converge(TopUp.objects.get().pk, now=paying.now)
    assert (StripeCall.objects.latest("pk").state, TopUp.objects.get().state) == ("done", "created")


@pytest.mark.parametrize(("mode", "funding"), [("none", "postpaid"), ("test", "prepaid"), ("stripe", "prepaid")])
def test_workspaces_pay_before_they_spend_where_they_pay(
    paying: Paying, cast: Cast, settings: Any, mode: str, funding: str
) -> None:
    settings.PAYMENTS = replace(settings.PAYMENTS, mode=mode)
    workspace = workspace_create(owner=cast.alice, name="new", actor=acting(cast.alice))
    assert BillingAccount.objects.get(workspace_id=workspace.pk).funding == funding
    assert paying.account.funding == "postpaid"

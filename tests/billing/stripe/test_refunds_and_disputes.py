"""What of a credit is taken back: refunds, disputes and their ends, and the acts of support."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from billing.errors import PaymentsUnavailable, RefundRefused
from billing.ledger.payments import Reading, claw_move, claw_target, refusal_of, state_of
from billing.models import LedgerEntry, StripeCall, StripeEvent, TopUp
from billing.pricing.fees import fee_cents
from billing.selectors.verification import account_verify
from billing.stripe.reconciling import payments_reconcile
from billing.stripe.support import event_replay_for, top_up_refund, top_up_reread
from opencode.lib.actor import STAFF, Actor
from opencode.lib.clock import utc_now
from tests.billing.stripe.payments import CENT, Paying
from tests.support.audit import audited

SUPPORT = Actor(STAFF, "1", reason="asked for by mail")
FEE = fee_cents(2_000)


@pytest.mark.parametrize(
    ("credit", "refunded", "disputed", "target"),
    [
        (2_000, 0, 0, 0),
        (2_000, 500, 0, 500),
        (2_000, 2_123, 0, 2_000),
        (2_000, 0, 2_123, 2_000),
        (2_000, 500, 1_623, 2_000),
        (2_000, 500, 0 - 500, 0),
        (2_000, 0, -100, 0),
    ],
)
def test_what_is_to_be_taken_back(credit: int, refunded: int, disputed: int, target: int) -> None:
    assert claw_target(credit, refunded, disputed) == target


def test_an_entry_is_the_difference_to_what_was_taken() -> None:
    reading = Reading("paid", refunded=700)
    assert claw_move(7, 2_000, reading, clawed=0, claws=0) == ("claw:7:1", -700)
    assert claw_move(7, 2_000, reading, clawed=700, claws=1) is None
    assert claw_move(7, 2_000, Reading("paid"), clawed=700, claws=1) == ("claw:7:2", 700)


@pytest.mark.parametrize(
    ("reading", "state"),
    [
        (Reading("open"), "created"),
        (Reading("pending"), "pending"),
        (Reading("failed"), "failed"),
        (Reading("paid"), "paid"),
        (Reading("paid", refunded=1_999), "paid"),
        (Reading("paid", refunded=2_000), "refunded"),
        (Reading("paid", disputed=1), "disputed"),
        (Reading("paid", has_open_dispute=True), "disputed"),
    ],
)
def test_states_have_the_words_of_the_row(reading: Reading, state: str) -> None:
    assert state_of(reading, 2_000, "", is_credited=True) == state


def test_only_dollars_and_the_amount_that_was_asked_count() -> None:
    right = Reading("paid", currencies=frozenset({"usd"}), subtotal=2_100, tax=399, received=2_499)
    assert refusal_of(right, 2_100) == ""
    assert refusal_of(right, 2_101) == "amount_unexpected"
    assert refusal_of(Reading("open", currencies=frozenset({"usd", "eur"})), 2_100) == "currency_unexpected"


def test_a_refund_takes_its_part_back_and_the_rest_only_once(paying: Paying) -> None:
    top_up = paying.paid()
    paying.refund(top_up, 500)
    paying.refund(top_up, 300)
    paying.hear()
    assert (paying.balance, paying.entries[1:]) == (1_200, [(f"claw:{top_up.pk}:1", -800)])
    paying.refund(top_up, 2_000 + FEE - 800)
    for _ in range(3):
        paying.hear()
    top_up.refresh_from_db()
    assert (paying.balance, top_up.state, top_up.refunded_cents) == (0, "refunded", 2_000 + FEE)
    assert paying.entries[2:] == [(f"claw:{top_up.pk}:2", -1_200)]
    assert paying.adds_up()


def test_a_refund_that_the_bank_sends_back_is_credited_again(paying: Paying) -> None:
    top_up = paying.paid(card="pm_card_refundFail")
    paying.refund(top_up, 500)
    paying.hear()
    assert paying.balance == 1_500
    paying.sandbox.advance(61)
    paying.api.customers.list()
    paying.hear()
    assert (paying.balance, paying.adds_up()) == (2_000, True)


@pytest.mark.parametrize(("is_won", "balance", "state"), [(True, 2_000, "paid"), (False, 0, "disputed")])
def test_a_dispute_takes_the_credit_and_gives_it_back_when_won(
    paying: Paying, is_won: bool, balance: int, state: str
) -> None:
    top_up = paying.paid(card="pm_card_createDispute")
    assert (top_up.state, paying.balance) == ("disputed", 0)
    (dispute,) = paying.api.disputes.list().data
    evidence: Any = {"uncategorized_text": "winning_evidence" if is_won else "losing_evidence"}
    paying.api.disputes.update(dispute.id, {"evidence": evidence})
    paying.hear()
    top_up.refresh_from_db()
    assert (paying.balance, top_up.state, paying.adds_up()) == (balance, state, True)


def test_an_inquiry_takes_nothing(paying: Paying) -> None:
    top_up = paying.paid(card="pm_card_createDisputeInquiry")
    assert (top_up.state, paying.balance) == ("disputed", 2_000)


def test_a_refund_and_a_dispute_never_take_more_than_the_credit(paying: Paying) -> None:
    top_up = paying.paid()
    paying.refund(top_up, 1_500)
    paying.open_dispute(top_up)
    paying.hear()
    assert (paying.balance, paying.adds_up()) == (0, True)


def test_a_balance_may_go_below_zero(paying: Paying) -> None:
    top_up = paying.paid()
    paying.spend(1_500)
    paying.refund(top_up, 2_000)
    paying.hear()
    assert (paying.balance, paying.adds_up()) == (-1_500, True)


def test_support_refunds_with_a_reason_that_the_customer_reads(paying: Paying) -> None:
    top_up = paying.paid()
    assert top_up_refund(top_up_id=top_up.pk, cents=500, actor=SUPPORT)
    assert paying.balance == 1_500
    assert top_up_refund(top_up_id=top_up.pk, cents=None, actor=SUPPORT)
    assert not top_up_refund(top_up_id=top_up.pk, cents=None, actor=SUPPORT)
    assert paying.balance == 0
    first, second = audited(paying.workspace, "billing.refund")
    assert json.loads(first.details) == {"cents": 500, "reason": SUPPORT.reason, "top_up": top_up.pk}
    assert json.loads(second.details)["cents"] == 1_500 + FEE


@pytest.mark.parametrize("cents", [0, -1, 2_001 + FEE])
def test_more_than_was_paid_is_not_refunded(paying: Paying, cents: int) -> None:
    top_up = paying.paid()
    with pytest.raises(RefundRefused):
        top_up_refund(top_up_id=top_up.pk, cents=cents, actor=SUPPORT)
    assert (paying.balance, paying.api.refunds.list().data) == (2_000, [])


def test_stripe_itself_refuses_to_refund_too_much(paying: Paying) -> None:
    top_up = paying.paid()
    paying.refund(top_up, 2_000)  # of which nothing was heard here
    with pytest.raises(RefundRefused):
        top_up_refund(top_up_id=top_up.pk, cents=1_000, actor=SUPPORT)
    payments_reconcile(now=paying.now)
    assert (paying.balance, len(paying.api.refunds.list().data), paying.adds_up()) == (0, 1, True)


def test_what_was_not_paid_is_not_refunded(paying: Paying) -> None:
    with pytest.raises(RefundRefused):
        top_up_refund(top_up_id=paying.begin().pk, cents=None, actor=SUPPORT)


def test_a_refund_without_an_answer_is_done_once(paying: Paying) -> None:
    top_up = paying.paid()
    paying.fault("POST /v1/refunds", "time_out_after")
    with pytest.raises(PaymentsUnavailable):
        top_up_refund(top_up_id=top_up.pk, cents=500, actor=SUPPORT)
    with pytest.raises(RefundRefused):
        top_up_refund(top_up_id=top_up.pk, cents=500, actor=SUPPORT)
    StripeCall.objects.update(created_at=paying.now)
    payments_reconcile(now=paying.now + 2 * paying.MINUTE)
    assert (paying.balance, len(paying.api.refunds.list().data)) == (1_500, 1)


def test_support_has_things_read_again(paying: Paying) -> None:
    top_up = paying.begin()
    paying.hear()
    paying.pay(top_up)
    paying.hear()
    event = StripeEvent.objects.filter(type="checkout.session.completed").get()
    assert top_up_reread(top_up_id=top_up.pk, actor=SUPPORT)
    assert event_replay_for(event=event, actor=SUPPORT)
    details = [json.loads(entry.details) for entry in audited(paying.workspace, "billing.reread")]
    assert [each.get("event") for each in details] == [None, event.event_id]
    event.object_id = event.intent_id = event.customer_id = "unknown"
    event.top_up_id = None
    assert not event_replay_for(event=event, actor=SUPPORT)
    paying.fault("GET /v1/checkout/sessions/*")
    with pytest.raises(PaymentsUnavailable):
        top_up_reread(top_up_id=top_up.pk, actor=SUPPORT)


def test_the_command_refunds_a_part(paying: Paying, capsys: pytest.CaptureFixture[str]) -> None:
    top_up = paying.paid()
    call_command("topup_refund", top_up.pk, "--dollars", "5", "--reason", "r", "--dry-run", "--json")
    assert (json.loads(capsys.readouterr().out)["cents"], paying.balance) == (500, 2_000)
    call_command("topup_refund", top_up.pk, "--dollars", "5", "--reason", "r", "--json")
    assert (json.loads(capsys.readouterr().out)["done"], paying.balance) == (True, 1_500)
    call_command("topup_refund", top_up.pk, "--reason", "r")
    with pytest.raises(SystemExit, match="1"):
        call_command("topup_refund", top_up.pk, "--reason", "r")


@pytest.mark.parametrize("arguments", [(99,), (1, "--dollars", "x"), (1, "--dollars", "0.001"), (1, "--dollars", "99")])
def test_the_command_refuses_with_2(paying: Paying, arguments: tuple[Any, ...]) -> None:
    top_up = paying.paid()
    named = (top_up.pk if arguments[0] == 1 else 10**9, *arguments[1:])
    with pytest.raises(CommandError) as raised:
        call_command("topup_refund", *named, "--reason", "r")
    assert (raised.value.returncode, paying.balance) == (2, 2_000)


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"credit_cents": 1_999}, "topup_credit"),
        ({"paid_at": None}, "topup_credit"),
        ({"refunded_cents": 501}, "claw_target"),
        ({"clawed_cents": 501, "refunded_cents": 501}, "claw_entries"),
    ],
)
def test_a_wrong_row_is_found(paying: Paying, changes: dict[str, Any], check: str) -> None:
    top_up = paying.paid()
    paying.refund(top_up, 500)
    paying.hear()
    assert paying.adds_up()
    TopUp.objects.filter(pk=top_up.pk).update(**changes)
    assert check in [problem.check for problem in account_verify(paying.account.pk)]


def test_a_credit_without_a_payment_and_an_old_call_are_found(paying: Paying) -> None:
    top_up = paying.paid()
    long_ago = utc_now() - timedelta(hours=25)
    StripeCall.objects.filter(top_up_id=top_up.pk).update(ended_at=None, created_at=long_ago)
    LedgerEntry(account_id=paying.account.pk, seq=2, source="topup:99", amount=CENT, balance_after=2_001 * CENT).save()
    assert {"topup_credit", "call_open"} <= {problem.check for problem in account_verify(paying.account.pk)}

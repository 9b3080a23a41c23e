"""Events that are lost, repeated and out of order, between acts at Stripe that go wrong: paid is credited once.

A sequence is drawn from a seed, so that one that fails can be had again. `make prove` runs 10,000 of them.
"""

import os
import random
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import stripe
from django.db import transaction

from billing.errors import PaymentsUnavailable, RefundRefused
from billing.ledger.payments import claw_target
from billing.models import TopUp
from billing.stripe.reconciling import payments_reconcile
from billing.stripe.support import top_up_refund
from opencode.lib.actor import THE_CONSOLE
from tests.billing.stripe.payments import CENT, Paying

SEQUENCES = 10_000 if os.environ.get("OPENCODE_PROVE") else 60
PARTS = 20 if os.environ.get("OPENCODE_PROVE") else 2
ACTS = 9
CARDS = ("visa", "visa", "chargeDeclined", "createDispute", "refundFail")
FAULTS = ("error_before", "error_after", "time_out_before", "time_out_after", "rate_limit")
CALLS = ("POST /v1/checkout/sessions", "POST /v1/refunds", "POST /v1/customers", "GET /v1/*")


class Sequence:
    """One life of a workspace's payments, in which everything that can go wrong does."""

    def __init__(self, paying: Paying, seed: int) -> None:
        self.paying, self.random = paying, random.Random(seed)
        self.heard = 0

    def run(self) -> None:
        acts: tuple[Callable[[], None], ...] = (
            self.begin,
            self.pay,
            self.refund,
            self.support,
            self.decide,
            self.fail,
            self.hear,
            self.hear,
            self.wait,
        )
        for act in (self.begin, self.pay, *self.random.choices(acts, k=ACTS)):
            act()
            self.check()
        self.paying.switch_faults_off()
        self.settle()
        self.check_all()

    def settle(self) -> None:
        """Whatever was lost: one reconcile once Stripe answers again, with debits and refunds decided."""
        self.paying.sandbox.advance(120)
        self.paying.api.events.list()
        payments_reconcile(now=self.paying.now)

    def one(self) -> TopUp | None:
        rows = list(TopUp.objects.exclude(session_id=None).order_by("pk"))
        return self.random.choice(rows) if rows else None

    def begin(self) -> None:
        with_errors(lambda: self.paying.begin(self.random.choice((1_000, 2_000, 2_345))))

    def pay(self) -> None:
        if top_up := self.one():
            with_errors(lambda: self.paying.try_to_pay(top_up, f"pm_card_{self.random.choice(CARDS)}"))

    def refund(self) -> None:
        """By somebody in Stripe's own dashboard."""
        charges = [each for each in self.paying.sandbox.records.get("charge", {}).values() if each["paid"]]
        if charges:
            charge, cents = self.random.choice(charges), self.random.choice((1, 500, 1_000, 3_000))
            with_errors(lambda: self.paying.api.refunds.create({"charge": charge["id"], "amount": cents}))

    def support(self) -> None:
        if top_up := self.one():
            cents = self.random.choice((None, 300))
            with_errors(lambda: top_up_refund(top_up_id=top_up.pk, cents=cents, actor=THE_CONSOLE))

    def decide(self) -> None:
        for dispute in list(self.paying.sandbox.records.get("dispute", {}).values()):
            words = self.random.choice(("winning_evidence", "losing_evidence"))
            given: Any = {"evidence": {"uncategorized_text": words}}
            with_errors(partial(self.paying.api.disputes.update, dispute["id"], given))

    def fail(self) -> None:
        self.paying.fault(self.random.choice(CALLS), self.random.choice(FAULTS), self.random.randint(1, 3))

    def hear(self) -> None:
        """Some of what has happened so far, some of it twice, in any order; the rest is lost or comes later."""
        told = self.paying.told
        self.paying.hear(self.random.choices(told, k=self.random.randint(1, len(told))) if told else [])

    def wait(self) -> None:
        self.paying.sandbox.advance(self.random.choice((5, 90, 400)))
        self.paying.work()

    def check(self) -> None:
        """Of nothing there is more than was paid, at any moment."""
        paid = sum(row["_credit"] for row in self.truth().values() if row["is_paid"])
        credited = sum(cents for source, cents in self.paying.entries if source.startswith("topup:"))
        assert credited <= paid

    def check_all(self) -> None:
        """Paid is credited once, and what was taken back is what refunds and disputes say."""
        truth = self.truth()
        expected = 0
        for top_up in TopUp.objects.exclude(session_id=None):
            row = truth[str(top_up.session_id)]
            assert (top_up.paid_at is not None) == row["is_paid"]
            taken = claw_target(top_up.credit_cents, row["refunded"], row["disputed"])
            expected += (top_up.credit_cents - taken) if row["is_paid"] else 0
        assert self.paying.account.balance == expected * CENT
        assert self.paying.adds_up()

    def truth(self) -> dict[str, Any]:
        """What Stripe holds, by session, read past its API and by nothing of the console's."""
        records = self.paying.sandbox.records
        found = {}
        for session in records.get("checkout.session", {}).values():
            intent = records.get("payment_intent", {}).get(session["payment_intent"] or "", {})
            charge = intent.get("latest_charge")
            refunds = [each for each in records.get("refund", {}).values() if each["charge"] == charge]
            disputes = [each for each in records.get("dispute", {}).values() if each["charge"] == charge]
            moved = [each["amount"] for dispute in disputes for each in dispute["balance_transactions"]]
            found[session["id"]] = {
                "is_paid": session["payment_status"] == "paid",
                "_credit": session["_lines"][0]["amount"],
                "refunded": sum(each["amount"] for each in refunds if each["status"] == "succeeded"),
                "disputed": -sum(moved),
            }
        return found


def with_errors(act: Callable[[], object]) -> None:
    """Refusals and errors of Stripe's are a part of life; whatever else is raised fails the test."""
    try:
        act()
    except (stripe.StripeError, PaymentsUnavailable, RefundRefused):
        return


@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("part", range(PARTS))
def test_paid_is_credited_once_whatever_happens_to_events(paying: Paying, part: int) -> None:
    for seed in range(part, SEQUENCES, PARTS):
        with transaction.atomic():
            paying.begin_anew()
            try:
                Sequence(paying, seed).run()
            except AssertionError as error:
                raise AssertionError(f"sequence {seed}: {error}") from error
            transaction.set_rollback(True)

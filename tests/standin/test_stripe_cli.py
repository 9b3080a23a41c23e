"""Stripe's own command line drives the stand-in: its fixtures run through, and the events they are for happen.

`tests/standin/install_stripe_cli.sh` fetches it. That it says "succeeded" proves nothing: the events are looked at.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.requirements import require
from tests.support.server import ROOT
from tests.support.standin import API_KEY, DAY
from tests.support.standin_server import Served, serving

BINARY = ROOT / "build/stripe-cli/package/bin/stripe"
SECONDS = 60
# What each trigger has to make happen, in this order; other events may come between.
TRIGGERS = {
    "charge.captured": ["charge.succeeded", "charge.captured"],
    "charge.dispute.created": ["charge.succeeded", "charge.dispute.created"],
    "charge.dispute.closed": ["charge.dispute.created", "charge.dispute.closed"],
    "charge.failed": ["charge.failed", "payment_intent.payment_failed"],
    "charge.refund.updated": ["charge.refunded", "charge.refund.updated"],
    "charge.refunded": ["charge.succeeded", "refund.created", "charge.refunded"],
    "checkout.session.completed": ["payment_intent.succeeded", "checkout.session.completed"],
    "checkout.session.expired": ["checkout.session.expired"],
    "customer.deleted": ["customer.created", "customer.deleted"],
    "customer.subscription.created": ["customer.subscription.created", "invoice.paid"],
    "customer.subscription.deleted": ["customer.subscription.created", "customer.subscription.deleted"],
    "customer.subscription.paused": ["customer.subscription.created", "customer.subscription.paused"],
    "customer.subscription.updated": ["customer.subscription.created", "customer.subscription.updated"],
    "invoice.finalized": ["invoice.created", "invoice.finalized"],
    "invoice.paid": ["invoice.finalized", "payment_intent.succeeded", "invoice.paid"],
    "invoice.payment_action_required": ["payment_intent.requires_action", "invoice.payment_action_required"],
    "invoice.payment_failed": ["payment_intent.payment_failed", "invoice.payment_failed"],
    "invoice.voided": ["invoice.finalized", "invoice.voided"],
    "invoiceitem.deleted": ["invoiceitem.created", "invoiceitem.deleted"],
    "payment_intent.amount_capturable_updated": ["payment_intent.amount_capturable_updated"],
    "payment_intent.canceled": ["payment_intent.created", "payment_intent.canceled"],
    "payment_intent.requires_action": ["payment_intent.created", "payment_intent.requires_action"],
    "payment_method.detached": ["payment_method.attached", "payment_method.detached"],
    "price.updated": ["product.created", "price.created", "price.updated"],
    "setup_intent.requires_action": ["setup_intent.created", "setup_intent.requires_action"],
    "setup_intent.setup_failed": ["setup_intent.created", "setup_intent.setup_failed"],
    "subscription.payment_failed": ["customer.subscription.created", "invoice.payment_failed"],
    "test_helpers.test_clock.ready": ["test_helpers.test_clock.advancing", "test_helpers.test_clock.ready"],
    "billing_portal.session.created": ["billing_portal.session.created"],
}


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving() as running:
        yield running


@pytest.fixture(scope="module")
def command() -> Path:
    found = BINARY if BINARY.exists() else None
    return require("stripe-cli", found, "tests/standin/install_stripe_cli.sh has not fetched it from npm")


def trigger(command: Path, served: Served, home: Path, name: str) -> list[str]:
    """Run one; the types of the events that have happened, in order."""
    before = {event["id"] for event in served.sandbox.every("event")}
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "STRIPE_CLI_TELEMETRY_OPTOUT": "1"}
    asked = [str(command), "trigger", name, "--api-base", served.url, "--api-key", API_KEY]
    done = subprocess.run(asked, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return [event["type"] for event in reversed(list(served.sandbox.every("event"))) if event["id"] not in before]


def in_order(wanted: list[str], happened: list[str]) -> bool:
    rest = iter(happened)
    return all(event in rest for event in wanted)


@pytest.mark.parametrize("name", TRIGGERS)
def test_a_trigger_makes_its_events_happen(command: Path, served: Served, tmp_path: Path, name: str) -> None:
    happened = trigger(command, served, tmp_path, name)
    assert in_order(TRIGGERS[name], happened), happened


def test_a_debit_of_the_command_line_arrives_later(command: Path, served: Served, tmp_path: Path) -> None:
    happened = trigger(command, served, tmp_path, "checkout.session.async_payment_succeeded")
    assert happened[-1] == "checkout.session.completed"
    served.switch("advance", seconds=DAY)
    kinds = {event["type"] for event in served.sandbox.every("event")}
    assert "checkout.session.async_payment_succeeded" in kinds


def test_what_a_trigger_sends_of_an_older_api_is_refused(command: Path, served: Served, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="parameter_unknown"):
        trigger(command, served, tmp_path, "promotion_code.created")

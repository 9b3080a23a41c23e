"""The reconciler: with every webhook lost, one run makes everything right; and its commands."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from billing.errors import PaymentsUnavailable
from billing.models import StripeCall, StripeCursor, TopUp
from billing.stripe.calls import KEY_KEPT
from billing.stripe.reconciling import payments_reconcile, payments_waiting
from tests.billing.stripe.payments import Paying

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def lost(paying: Paying, cents: int = 2_000) -> TopUp:
    """A top-up whose page's address never arrived."""
    paying.fault("POST /v1/checkout/sessions", "time_out_after")
    with pytest.raises(PaymentsUnavailable):
        paying.begin(cents)
    return TopUp.objects.latest("pk")


def test_with_every_event_lost_one_run_makes_it_right(paying: Paying) -> None:
    paid, refunded, disputed = (paying.begin(cents) for cents in (1_000, 2_000, 3_000))
    for top_up, card in ((paid, "visa"), (refunded, "visa"), (disputed, "createDispute")):
        paying.pay(top_up, f"pm_card_{card}")
    expired = paying.begin(5_000)
    paying.api.checkout.sessions.expire(str(expired.session_id))
    (charge,) = [each for each in paying.api.charges.list().data if 2_000 <= each.amount < 3_000]
    paying.api.refunds.create({"charge": charge.id, "amount": 500})
    payments_reconcile(now=paying.now)
    assert [row.state for row in TopUp.objects.order_by("pk")] == ["paid", "paid", "disputed", "failed"]
    assert sorted(paying.entries) == sorted(
        [
            (f"topup:{paid.pk}", 1_000),
            (f"topup:{refunded.pk}", 2_000),
            (f"claw:{refunded.pk}:1", -500),
            (f"topup:{disputed.pk}", 3_000),
            (f"claw:{disputed.pk}:1", -3_000),
        ]
    )
    assert paying.adds_up()


def test_a_second_run_finds_nothing_to_do(paying: Paying) -> None:
    paying.pay(paying.begin())
    first = payments_reconcile(now=paying.now)
    assert (first.events_found > 0, first.events_done > 0, paying.waiting()) == (True, True, 0)
    entries = paying.entries
    again = payments_reconcile(now=paying.now + MINUTE)
    assert (again.events_found, again.events_done, again.unread, paying.entries) == (0, 0, 0, entries)


def test_refunds_and_disputes_are_found_without_their_events(paying: Paying) -> None:
    top_up = paying.paid()
    payments_reconcile(now=paying.now)
    paying.sandbox.advance(3_600)
    paying.refund(top_up, 700)
    paying.sandbox.records["event"].clear()
    payments_reconcile(now=paying.now)
    assert paying.balance == 1_300


def test_events_are_listed_from_the_cursor_with_an_overlap(paying: Paying) -> None:
    paying.pay(paying.begin())
    payments_reconcile(now=paying.now)
    read_until = StripeCursor.objects.get().read_until
    assert read_until == paying.now
    before = len(paying.told)
    paying.sandbox.advance(1_000)
    paying.pay(paying.begin())
    for late in paying.told[before:]:
        late["created"] -= 1_300
    assert payments_reconcile(now=paying.now).events_found > 0
    assert paying.balance == 4_000


def test_a_call_without_an_answer_is_made_again_after_a_minute(paying: Paying) -> None:
    top_up = lost(paying)
    assert payments_reconcile(now=paying.now + MINUTE / 2).calls_ended == 0
    assert payments_reconcile(now=paying.now + MINUTE).calls_ended == 1
    (session,) = paying.api.checkout.sessions.list().data
    top_up.refresh_from_db()
    assert top_up.session_id == session.id


def test_after_a_day_a_call_is_found_by_its_mark(paying: Paying) -> None:
    top_up = lost(paying)
    paying.sandbox.records["_idempotency"].clear()
    assert payments_reconcile(now=paying.now + KEY_KEPT).calls_ended == 1
    (session,) = paying.api.checkout.sessions.list().data
    top_up.refresh_from_db()
    assert top_up.session_id == session.id


def test_after_a_day_a_call_that_was_never_done_is_given_up(paying: Paying) -> None:
    paying.fault("POST /v1/checkout/sessions", "time_out_before")
    with pytest.raises(PaymentsUnavailable):
        paying.begin()
    payments_reconcile(now=paying.now + DAY)
    assert (StripeCall.objects.latest("pk").error, TopUp.objects.get().state) == ("never_done", "failed")
    assert paying.api.checkout.sessions.list().data == []


def test_a_list_that_cannot_be_read_keeps_nothing_else_waiting(paying: Paying) -> None:
    paying.pay(paying.begin())
    paying.fault("GET /v1/events")
    done = payments_reconcile(now=paying.now)
    assert (done.unread, paying.balance, StripeCursor.objects.count()) == (1, 2_000, 0)


def command(name: str, *arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, Any]:
    """The exit code, and the object that was printed."""
    code = 0
    try:
        call_command(name, *arguments, "--json")
    except CommandError as error:
        return error.returncode, None
    except SystemExit as ended:
        code = int(str(ended.code))
    return code, json.loads(capsys.readouterr().out)


def test_the_command_does_a_run_and_says_what_it_did(
    paying: Paying, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("billing.management.commands.stripe_reconcile.utc_now", lambda: paying.now)
    paying.pay(paying.begin())
    code, said = command("stripe_reconcile", "--dry-run", capsys=capsys)
    assert (code, said["top_ups_read"], paying.entries) == (0, 1, [])
    code, said = command("stripe_reconcile", capsys=capsys)
    assert (code, said["dry_run"], said["unread"], paying.balance) == (0, False, 0, 2_000)
    paying.fault("GET /v1/disputes")
    assert command("stripe_reconcile", capsys=capsys)[0] == 1


def test_an_event_that_never_came_is_replayed_by_its_id(paying: Paying, capsys: pytest.CaptureFixture[str]) -> None:
    top_up = paying.begin()
    paying.pay(top_up)
    event = paying.event("checkout.session.completed")["id"]
    code, said = command("stripe_replay", event, "--dry-run", capsys=capsys)
    assert (code, said["top_up"], paying.entries) == (0, top_up.pk, [])
    paying.fault("GET /v1/checkout/sessions/*")
    assert command("stripe_replay", event, capsys=capsys)[0] == 1
    code, said = command("stripe_replay", event, capsys=capsys)
    assert (code, said["done"], paying.balance) == (0, True, 2_000)
    assert command("stripe_replay", "evt_nobody", capsys=capsys)[0] == 2


@pytest.mark.parametrize("arguments", [("stripe_reconcile",), ("stripe_replay", "evt_1")])
def test_commands_say_that_payments_are_off(db: None, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="OPENCODE_PAYMENTS") as raised:
        call_command(*arguments)
    assert raised.value.returncode == 2


def test_what_waits_is_counted_without_asking_stripe(paying: Paying) -> None:
    paying.begin()
    answers = len(paying.http.answers)
    assert payments_waiting(now=paying.now).top_ups_read == 1
    assert len(paying.http.answers) == answers

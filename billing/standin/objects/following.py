"""What follows: from a payment for its invoice and session, from a paid invoice for its subscription, from time."""

from collections.abc import Callable
from typing import Final

import structlog

from billing.standin.objects.checkout import session_expire, session_follow
from billing.standin.objects.clocks import clock_check
from billing.standin.objects.invoicing import invoice_settle
from billing.standin.objects.paying import debit_settle
from billing.standin.objects.periods import invoice_for, period_begin, period_of
from billing.standin.objects.refunds import refund_fail
from billing.standin.objects.subscriptionchanges import trial_finish
from billing.standin.objects.subscriptioncollecting import collect, subscription_of, subscription_settle
from billing.standin.objects.subscriptions import subscription_end
from billing.standin.objects.times import due_tasks, later
from billing.standin.sandbox import Object, Sandbox, StripeRefusal

log = structlog.get_logger(__name__)
# A renewal's invoice is a draft for this long, as at Stripe.
DRAFT_SECONDS: Final = 3600
TASKS_AT_ONCE: Final = 1_000


def follow(sandbox: Sandbox) -> None:
    """Carry through what the last act has settled."""
    while sandbox.followed:
        kind, id_ = sandbox.followed.pop(0)
        record = sandbox.get(kind, id_)
        if kind == "invoice":
            subscription = subscription_of(sandbox, record)
            if subscription is not None:
                subscription_settle(sandbox, subscription, record)
            continue
        if kind == "payment_intent" and record["_invoice"] and record["status"] == "succeeded":
            invoice_settle(sandbox, sandbox.get("invoice", record["_invoice"]))
        if record["_session"]:
            session_follow(sandbox, sandbox.get("checkout.session", record["_session"]), record)


def catch_up(sandbox: Sandbox) -> None:
    """Do what has become due by now, apart from what hangs on test clocks."""
    for task in due_tasks(sandbox, None, sandbox.now)[:TASKS_AT_ONCE]:
        _do(sandbox, task)


def clock_advance(sandbox: Sandbox, given: Object, id_: str) -> Object:
    """Move a test clock, and do what becomes due on the way, each at its own time."""
    clock = sandbox.get("test_helpers.test_clock", id_)
    target = given["frozen_time"]
    clock_check(clock, target)
    sandbox.update(clock, {"status": "advancing"})
    sandbox.emit("test_helpers.test_clock.advancing", clock)
    for _ in range(TASKS_AT_ONCE):
        tasks = due_tasks(sandbox, id_, target)
        if not tasks:
            break
        sandbox.update(clock, {"frozen_time": max(clock["frozen_time"], tasks[0]["due"])})
        _do(sandbox, tasks[0])
    sandbox.update(clock, {"status": "ready", "frozen_time": target})
    sandbox.emit("test_helpers.test_clock.ready", clock)
    return clock


def _do(sandbox: Sandbox, task: Object) -> None:
    sandbox.remove("_task", task["id"])
    kind, act = ACTS[task["what"]]
    record = sandbox.find(kind, task["about"])
    if record is not None and not record.get("deleted"):
        try:
            act(sandbox, record)
        except StripeRefusal:
            # A card that declined, with nobody there to be told; the object says so itself.
            log.info("due_act_refused", what=task["what"], about=task["about"])
        follow(sandbox)


def _cycle(sandbox: Sandbox, subscription: Object) -> None:
    """A period is over: the end that was asked for, the end of the trial, or the next period."""
    end = period_of(subscription)[1]
    if subscription["status"] not in ("active", "trialing", "past_due", "unpaid"):
        return
    if subscription["cancel_at_period_end"] or (subscription["cancel_at"] or end + 1) <= end:
        subscription_end(sandbox, subscription, subscription["cancellation_details"])
    elif subscription["status"] == "trialing":
        trial_finish(sandbox, subscription, end)
    else:
        period_begin(sandbox, subscription, end)
        sandbox.emit("customer.subscription.updated", subscription, {"items": {}})
        invoice = invoice_for(sandbox, subscription, "subscription_cycle")
        later(sandbox, "invoice_advance", invoice["id"], DRAFT_SECONDS, subscription["customer"])


def _advance(sandbox: Sandbox, invoice: Object) -> None:
    subscription = subscription_of(sandbox, invoice)
    if invoice["status"] in ("draft", "open") and (subscription is None or subscription["status"] != "canceled"):
        collect(sandbox, invoice)


def _expire(sandbox: Sandbox, subscription: Object) -> None:
    if subscription["status"] == "incomplete":
        subscription_end(sandbox, subscription, subscription["cancellation_details"], "incomplete_expired")


def _session_expire(sandbox: Sandbox, session: Object) -> None:
    if session["status"] == "open":
        session_expire(sandbox, {}, session["id"])


ACTS: Final[dict[str, tuple[str, Callable[[Sandbox, Object], None]]]] = {
    "debit_settle": ("payment_intent", debit_settle),
    "refund_fail": ("refund", refund_fail),
    "invoice_advance": ("invoice", _advance),
    "invoice_retry": ("invoice", _advance),
    "session_expire": ("checkout.session", _session_expire),
    "subscription_cycle": ("subscription", _cycle),
    "subscription_expire": ("subscription", _expire),
}

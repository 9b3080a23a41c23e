"""Payments through the stand-in in children that are killed: `python -m tests.faults.paying <options as JSON>`.

Prints a line of JSON for each kill: what was done, where it was killed, and what a reconcile made of it.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import django

from tests.faults.spending import died, say, workspace_id

LATER = timedelta(minutes=2)
STATEMENTS = 200


def points(step: int) -> Iterator[str]:
    """After each of Stripe's answers, around the first commit, before every so many statements."""
    yield from ("answer 1", "answer 2", "answer 3", "before commit", "after commit")
    yield from map(str, range(1, STATEMENTS, step))


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.embedded")
    django.setup()
    options = json.loads(sys.argv[1])
    for name, act in (("begin", begin), ("converge", converge), ("refund", refund)):
        for point in points(options["step"]):
            found = act(point)
            say(act=name, point=point, **found)
            if not found["was_killed"] and point.isdecimal():
                break


def begin(point: str) -> dict[str, Any]:
    from billing.models import StripeCall, TopUp

    before = {each.id for each in sessions()}
    was_killed = died_at(point, begun)
    reconcile()
    made = {each.id for each in sessions()} - before
    known = set(TopUp.objects.exclude(session_id=None).values_list("session_id", flat=True))
    open_calls = StripeCall.objects.filter(ended_at=None).count()
    is_right = made <= known and len(made) <= 1 and not open_calls
    return {"was_killed": was_killed, "is_right": is_right, "problems": problems()}


def converge(point: str) -> dict[str, Any]:
    from billing.models import LedgerEntry
    from billing.stripe.converging import top_up_converge
    from opencode.lib.clock import utc_now

    top_up = paid()
    was_killed = died_at(point, lambda: top_up_converge(top_up.pk, now=utc_now()))
    reconcile()
    entries = list(LedgerEntry.objects.filter(source=f"topup:{top_up.pk}").values_list("amount", flat=True))
    return {"was_killed": was_killed, "is_right": entries == [2_000_000_000], "problems": problems()}


def refund(point: str) -> dict[str, Any]:
    from billing.models import LedgerEntry
    from billing.stripe.client import stripe_client
    from billing.stripe.support import top_up_refund
    from opencode.lib.actor import THE_CONSOLE

    top_up = paid()
    reconcile()
    top_up.refresh_from_db()
    was_killed = died_at(point, lambda: top_up_refund(top_up_id=top_up.pk, cents=500, actor=THE_CONSOLE))
    reconcile()
    refunds = [each.amount for each in stripe_client().v1.refunds.list({"charge": top_up.charge_id}).data]
    taken = LedgerEntry.objects.filter(source__startswith=f"claw:{top_up.pk}:").values_list("amount", flat=True)
    is_right = refunds in ([], [500]) and [-amount for amount in taken] == [1_000_000 * cents for cents in refunds]
    return {"was_killed": was_killed, "is_right": is_right, "problems": problems()}


def died_at(point: str, act: Callable[[], Any]) -> bool:
    return died(point, lambda: _dying_answers(point, act))


def _dying_answers(point: str, act: Callable[[], Any]) -> None:
    import stripe

    from billing.stripe import client

    # The parent's connections are not the child's to use.
    client._client.cache_clear()
    numbers = count(1)
    request = stripe.RequestsClient.request

    def answered(*arguments: Any, **named: Any) -> Any:
        answer = request(*arguments, **named)
        if point == f"answer {next(numbers)}":
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    stripe.RequestsClient.request = answered  # type: ignore[method-assign]
    act()


def begun() -> Any:
    from billing.models import TopUp
    from billing.stripe.topups import top_up_begin
    from opencode.lib.actor import THE_CONSOLE
    from workspaces.models import Workspace

    TopUp.objects.update(created_at="2026-01-01T00:00:00+00:00")  # so that they are not too many within an hour
    top_up_begin(workspace=Workspace.objects.get(pk=workspace_id()), actor=THE_CONSOLE, cents=2_000)
    return TopUp.objects.latest("pk")


def paid() -> Any:
    """A top-up that was paid, and of which nothing was read yet."""
    from billing.stripe.client import stripe_client

    top_up = begun()
    stripe_client().raw_request("post", f"/v1/payment_pages/{top_up.session_id}/confirm", payment_method="pm_card_visa")
    return top_up


def sessions() -> list[Any]:
    from billing.stripe.client import stripe_client

    return list(stripe_client().v1.checkout.sessions.list({"limit": 100}).auto_paging_iter())


def reconcile() -> None:
    """What the worker does, once calls are old enough to be made again."""
    from billing.stripe.reconciling import payments_reconcile
    from opencode.lib.clock import utc_now

    payments_reconcile(now=utc_now() + LATER)


def problems() -> list[str]:
    from billing.models import BillingAccount
    from billing.selectors.verification import account_verify

    account = BillingAccount.objects.get(workspace_id=workspace_id())
    return [str(problem) for problem in account_verify(account.pk)]


if __name__ == "__main__":
    main()

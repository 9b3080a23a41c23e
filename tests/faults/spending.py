"""Programs that spend beside a server, each in a process of its own: `python -m tests.faults.spending <program> …`.

They print JSON, a line each.
"""

import asyncio
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from typing import Any

import django

WORKSPACE = "alpha"
MODEL = "anthropic/claude-sonnet-5"
RETRY_SECONDS = 0.002


def say(**fields: Any) -> None:
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


def workspace_id() -> str:
    from workspaces.models import Workspace

    return str(Workspace.objects.values_list("pk", flat=True).get(slug=WORKSPACE))


def cap(*, balance: int, monthly_limit: int | None, funding: str) -> None:
    """Give the workspace so much credit and such a limit."""
    from billing.ledger.facts import Funding
    from billing.services.budgets import budget_set
    from billing.services.funding import funding_set
    from billing.services.grants import credit_grant
    from opencode.lib.actor import THE_CONSOLE

    of = {"workspace_id": workspace_id(), "actor": THE_CONSOLE}
    if balance:
        credit_grant(amount=balance, grant_id="cap", **of)
    budget_set(monthly_limit=monthly_limit, **of)
    funding_set(funding=Funding(funding), **of)
    say(workspace=of["workspace_id"])


def limit(*, monthly_limit: int) -> None:
    """Give the workspace's owner, and a new key, such a limit, and the workspace none; says their ids."""
    from billing.services.budgets import budget_set
    from opencode.lib.actor import PERSON, THE_CONSOLE, Actor
    from workspaces.models import Membership
    from workspaces.services.api_keys import api_key_create, api_key_limit_set
    from workspaces.services.memberships import membership_change

    owner = Membership.objects.select_related("workspace", "user").get(workspace_id=workspace_id())
    budget_set(workspace_id=workspace_id(), monthly_limit=None, actor=THE_CONSOLE)
    membership_change(membership=owner, monthly_limit=monthly_limit, actor=Actor(PERSON, owner.user_id))
    new = {"workspace": owner.workspace, "created_by": owner.user, "name": "limited", "scopes": ["models"]}
    key, _ = api_key_create(actor=THE_CONSOLE, **new)
    api_key_limit_set(key=key, monthly_limit=monthly_limit, actor=THE_CONSOLE)
    say(member_id=owner.user_id, key_id=key.pk)


def parts(cost: int) -> list[Any]:
    from billing.services.work import UsageDetails

    return [UsageDetails(MODEL, cost)]


def race() -> None:
    """Rounds of many workers at once, each as a line of JSON on standard input says. Says when it is ready for them,
    and after each how many requests were settled and how many a limit refused.
    """
    asyncio.run(_race())


async def _race() -> None:
    from asgiref.sync import sync_to_async

    from billing.services.running import ledger_runtime, ledger_stop

    workspace = await sync_to_async(workspace_id)()
    ledger_runtime()
    say(ready=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        say(**await _round(workspace, **json.loads(line)))
    await ledger_stop()


async def _round(
    workspace: str, *, name: str, workers: int, requests: int, ceiling: int, cost: int, days: int = 0, **who: str
) -> dict[str, int]:
    """Each worker makes so many requests, `days` from now; of whom `who` does not say, of several in turn."""
    from billing.errors import BalanceInsufficient, LimitReached
    from billing.ledger.facts import Payer
    from billing.services.reservations import Wanted, areserve, asettle
    from opencode.lib.clock import utc_now

    now = utc_now() + timedelta(days=days)
    settled = refused = 0

    async def work(number: int) -> None:
        nonlocal settled, refused
        for turn in range(requests):
            request = f"{name}-{number}-{turn}"
            of = {"member_id": f"usr_{turn % 3}", "key_id": f"key_{number % 3}", **who}
            try:
                await areserve(workspace_id=workspace, wanted=Wanted(request, "f", ceiling, MODEL, **of), now=now)
            except (BalanceInsufficient, LimitReached):
                refused += 1
                continue
            said = {"request_id": request, "usage": parts(cost), "payer": Payer.HOST, "fingerprint": "s", "now": now}
            decision = await asettle(workspace_id=workspace, **said)
            settled += decision.answer == "settled"

    await asyncio.gather(*(work(number) for number in range(workers)))
    return {"settled": settled, "refused": refused}


def watch() -> None:
    """Look at the account again and again until standard input ends: how often, and how often it was over a limit."""
    import threading

    from billing.models import BillingAccount

    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    mine = BillingAccount.objects.filter(workspace_id=workspace_id())
    names = ("funding", "balance", "reserved", "month_used", "month_reserved", "monthly_limit")
    looks = over = 0
    while not ended.is_set():
        funding, balance, reserved, used, held, limit = mine.values_list(*names).get()
        looks += 1
        over += (funding == "prepaid" and balance < reserved) or (limit is not None and used + held > limit)
        time.sleep(RETRY_SECONDS)
    say(looks=looks, over=over)


def spend() -> None:
    """Spend without end, 32 requests in flight; says of each what is durable, once it is."""
    asyncio.run(_spend())


async def _spend() -> None:
    from asgiref.sync import sync_to_async

    from billing.ledger.facts import Payer
    from billing.services.reservations import Wanted, areserve, asettle
    from opencode.lib.ids import new_id

    workspace = await sync_to_async(workspace_id)()

    async def work(number: int) -> None:
        chance = random.Random(number)
        while True:
            request, cost = new_id("req"), chance.randrange(1, 1_000)
            who = {"member_id": f"usr_{chance.randrange(3)}", "key_id": f"key_{chance.randrange(3)}"}
            await areserve(workspace_id=workspace, wanted=Wanted(request, "f", 1_000, MODEL, **who))
            say(reserved=request)
            said = {"request_id": request, "usage": parts(cost), "payer": Payer.HOST, "fingerprint": "s"}
            await asettle(workspace_id=workspace, **said)
            say(settled=request, cost=cost)

    await asyncio.gather(*(work(number) for number in range(32)))


def audit() -> None:
    """What `ledger_verify` finds, what there is, and what is still held once dead processes are given up."""
    from billing.ledger.facts import State
    from billing.models import BillingAccount, Reservation, Usage
    from billing.selectors.verification import account_verify
    from billing.services.expiry import SILENT, processes_bury
    from opencode.lib.clock import utc_now

    account = BillingAccount.objects.get(workspace_id=workspace_id())
    problems = [str(problem) for problem in account_verify(account.pk)]
    held = list(Reservation.objects.filter(state=State.OPEN.value).values_list("request_id", flat=True))
    buried = processes_bury(now=utc_now() + SILENT + timedelta(seconds=1))
    problems += [str(problem) for problem in account_verify(account.pk)]
    account.refresh_from_db()
    costs = dict(Usage.objects.values_list("request_id", "charged"))
    say(problems=problems, held=held, buried=buried, reserved=account.reserved, balance=account.balance, costs=costs)


def kills() -> None:
    """Settle a request in a child that is killed right before its first statement, the next before its second, and so
    on, and before and after its commit; then settle it again. Says for each where it died and what came of it.
    """
    from billing.ledger.facts import Payer
    from billing.models import BillingAccount
    from billing.selectors.verification import account_verify
    from billing.services.reservations import Wanted, reserve, settle

    workspace = workspace_id()
    account_id = BillingAccount.objects.values_list("pk", flat=True).get(workspace_id=workspace)
    for point in points():
        request = f"killed-{point}"
        of = {
            "workspace_id": workspace,
            "request_id": request,
            "usage": parts(7),
            "payer": Payer.HOST,
            "fingerprint": "s",
        }
        wanted = Wanted(request, "f", 10, MODEL, member_id="usr_1", key_id="key_1")
        reserve(workspace_id=workspace, wanted=wanted)
        was_killed = died(point, lambda of=of: settle(**of))
        problems = [str(problem) for problem in account_verify(account_id)]
        again = settle(**of).answer
        problems += [str(problem) for problem in account_verify(account_id)]
        say(point=point, was_killed=was_killed, again=again, problems=problems)
        if not was_killed:
            return


def ends() -> None:
    """Delete, restore, block and unblock the workspace in children that are killed between statements, as in `kills`.

    Says for each whether the row says that it is open, and whether a request is taken.
    """
    from billing.errors import SpendingClosed
    from billing.models import BillingAccount
    from billing.selectors.verification import account_verify
    from billing.services.reservations import Wanted, release, reserve
    from opencode.lib.actor import THE_CONSOLE
    from workspaces.models import Workspace
    from workspaces.services.blocks import workspace_block, workspace_unblock
    from workspaces.services.deletions import workspace_delete, workspace_restore

    workspace = Workspace.objects.get(pk=workspace_id())
    account_id = BillingAccount.objects.values_list("pk", flat=True).get(workspace=workspace)
    of = {"workspace": workspace, "actor": THE_CONSOLE}
    pairs = ((workspace_delete, workspace_restore), (workspace_block, workspace_unblock))
    for act, undo in (*pairs, *((undo, act) for act, undo in pairs)):
        for point in points():
            undo(**of)
            was_killed = died(point, lambda act=act: act(**of))
            request = f"{act.__name__}-{point}"
            try:
                reserve(workspace_id=workspace.pk, wanted=Wanted(request, "f", 10, MODEL))
                release(workspace_id=workspace.pk, request_id=request)
                is_taken = True
            except SpendingClosed:
                is_taken = False
            is_open = Workspace.objects.get(pk=workspace.pk).is_open
            problems = [str(problem) for problem in account_verify(account_id)]
            say(act=act.__name__, was_killed=was_killed, is_open=is_open, is_taken=is_taken, problems=problems)
            if not was_killed:
                break
        workspace_restore(**of)
        workspace_unblock(**of)


def purge() -> None:
    """Spend, delete the workspace, and purge it in children that are killed one statement later each time."""
    from billing.ledger.facts import Payer
    from billing.models import BillingAccount, LedgerEntry, Usage
    from billing.selectors.verification import account_verify
    from billing.services.reservations import Wanted, reserve, settle
    from opencode.lib.actor import THE_CONSOLE
    from workspaces.models import AuditEntry, Workspace
    from workspaces.services.deletions import workspace_delete, workspace_purge

    workspace = Workspace.objects.get(pk=workspace_id())
    account = BillingAccount.objects.get(workspace=workspace)
    reserve(workspace_id=workspace.pk, wanted=Wanted("r1", "f", 10, MODEL, member_id="usr_1", key_id="key_1"))
    of = {"usage": parts(7), "payer": Payer.HOST, "fingerprint": "s"}
    settle(workspace_id=workspace.pk, request_id="r1", **of)
    workspace_delete(workspace=workspace, actor=THE_CONSOLE)
    kills = 0
    problems = []
    for point in points():
        was_killed = died(point, lambda: workspace_purge(workspace=workspace))
        problems += [str(problem) for problem in account_verify(account.pk)]
        kills += was_killed
        if not was_killed:
            break
    receipts = AuditEntry.objects.filter(workspace=workspace, action="workspace.purge")
    say(
        kills=kills,
        problems=problems,
        receipts=[json.loads(receipt.details) for receipt in receipts],
        is_purged=Workspace.objects.get(pk=workspace.pk).purged_at is not None,
        usage=list(Usage.objects.filter(account_id=account.pk).values_list("request_id", "member_id", "charged")),
        entries=list(LedgerEntry.objects.filter(account_id=account.pk).values_list("source", "amount", "reason")),
    )


def died(point: str, act: Callable[[], Any]) -> bool:
    """Whether a child that does this was killed at the point."""
    from django.db import connections

    connections.close_all()
    child = os.fork()
    if child == 0:
        with dying(point):
            act()
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def points() -> Iterator[str]:
    yield from ("before commit", "after commit")
    yield from map(str, count(1))


@contextmanager
def dying(point: str) -> Iterator[None]:
    from django.db import connection

    commit = connection._commit

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def committing() -> None:
        (die if point == "before commit" else commit)()
        (die if point == "after commit" else bool)()

    numbers = count(1)

    def execute(run: Callable[..., Any], *statement: Any) -> Any:
        (die if str(next(numbers)) == point else bool)()
        return run(*statement)

    connection._commit = committing  # type: ignore[method-assign]
    with connection.execute_wrapper(execute):
        yield


PROGRAMS = {each.__name__: each for each in (cap, limit, race, watch, spend, audit, kills, ends, purge)}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.embedded")
    django.setup()
    program, options = sys.argv[1], json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}
    PROGRAMS[program](**options)


if __name__ == "__main__":
    main()

"""Many requests at once: decided together, each answered after its commit; a row held elsewhere delays no other."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError

from billing.errors import LedgerUnavailable, LimitReached, SpendingClosed
from billing.ledger.facts import Payer
from billing.ledger.operations import Answer
from billing.models import BillingAccount, LimitCounter, Process, Reservation, Usage
from billing.services import lane
from billing.services.expiry import SILENT, processes_bury, reservations_expire
from billing.services.reservations import Wanted, arelease, areserve, asettle
from billing.services.running import ledger_runtime, ledger_stop
from billing.services.work import UsageDetails
from opencode.lib.actor import PERSON, THE_CONSOLE, Actor
from opencode.lib.clock import utc_now
from tests.billing.ledger import Spender
from tests.cast import Cast, make_cast
from tests.support.heldrows import held_elsewhere
from workspaces.models import Workspace
from workspaces.services.blocks import workspace_block
from workspaces.services.memberships import membership_change

pytestmark = pytest.mark.django_db(transaction=True)
ANSWERED_SECONDS = 20


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def alpha(cast: Cast) -> Spender:
    return Spender(cast.alpha, utc_now())


def run(work: Callable[[], Awaitable[Any]]) -> Any:
    """In an event loop of its own, whose lane is stopped at the end."""

    async def main() -> Any:
        try:
            async with asyncio.timeout(ANSWERED_SECONDS):
                return await work()
        finally:
            await ledger_stop()

    return asyncio.run(main())


async def reserve(workspace: Workspace, request_id: str, ceiling: int = 10, **fields: Any) -> Answer:
    return await areserve(workspace_id=workspace.pk, wanted=Wanted(request_id, "f", ceiling, "sonnet", **fields))


async def settle(workspace: Workspace, request_id: str, cost: int) -> Answer:
    parts = [UsageDetails("sonnet", cost)]
    said = {"request_id": request_id, "usage": parts, "payer": Payer.HOST, "fingerprint": "s"}
    return (await asettle(workspace_id=workspace.pk, **said)).answer


async def spend(workspace: Workspace, request_id: str, cost: int = 4, **fields: Any) -> Answer:
    await reserve(workspace, request_id, **fields)
    return await settle(workspace, request_id, cost)


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many operations each transaction had."""
    sizes = list[int]()
    write = lane.ledger_write

    def counting(works: Any, accounts: Any) -> Any:
        sizes.append(len(works))
        return write(works, accounts)

    monkeypatch.setattr(lane, "ledger_write", counting)
    return sizes


def test_what_arrives_together_is_committed_together(
    alpha: Spender, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = counted(monkeypatch)

    async def work() -> list[Answer]:
        return await asyncio.gather(*(spend(cast.alpha, f"r{n}", member_id=cast.carol.pk) for n in range(100)))

    assert set(run(work)) == {Answer.SETTLED}
    assert sum(sizes) == 200
    assert len(sizes) < 50
    mine = alpha.account
    assert (mine.balance, mine.reserved, mine.month_used, Usage.objects.count()) == (-400, 0, 400, 100)
    assert LimitCounter.objects.get().used == 400
    assert alpha.adds_up()


def test_repeats_in_one_batch_answer_as_they_do_one_after_another(alpha: Spender, cast: Cast) -> None:
    async def work() -> list[Any]:
        first = [reserve(cast.alpha, "r1") for _ in range(3)]
        second = [settle(cast.alpha, "r1", 4) for _ in range(3)]
        third = [arelease(workspace_id=cast.alpha.pk, request_id="r1"), reserve(cast.alpha, "r1")]
        return await asyncio.gather(*first, *second, *third)

    assert run(work) == [
        *[Answer.RESERVED] * 3,
        *[Answer.SETTLED, Answer.ALREADY_SETTLED, Answer.ALREADY_SETTLED],
        *[Answer.ALREADY_SETTLED] * 2,
    ]
    assert (alpha.account.balance, Usage.objects.count(), Reservation.objects.count()) == (-4, 1, 0)
    assert alpha.adds_up()


def test_of_the_first_requests_of_a_month_as_many_pass_as_fit(alpha: Spender, cast: Cast) -> None:
    alice = Actor(PERSON, cast.alice.pk)
    membership_change(membership=cast.membership(cast.carol), monthly_limit=50, actor=alice)

    async def work() -> list[Any]:
        asked = (reserve(cast.alpha, f"r{n}", member_id=cast.carol.pk, key_id="key_1") for n in range(12))
        return await asyncio.gather(*asked, return_exceptions=True)

    found = run(work)
    assert [each for each in found if isinstance(each, Answer)] == [Answer.RESERVED] * 5
    assert [type(each) for each in found if not isinstance(each, Answer)] == [LimitReached] * 7
    assert alpha.adds_up()


def test_an_error_in_one_account_fails_no_other(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    alpha, gamma = Spender(cast.alpha), Spender(cast.gamma)
    write = lane.ledger_write

    def breaking(works: Any, accounts: Any) -> Any:
        if alpha.account.pk in accounts:
            raise RuntimeError("a bug that this account meets")
        return write(works, accounts)

    monkeypatch.setattr(lane, "ledger_write", breaking)

    async def work() -> list[Any]:
        asked = (reserve(workspace, "r1") for workspace in (cast.alpha, cast.gamma, cast.alpha))
        return await asyncio.gather(*asked, return_exceptions=True)

    first, second, third = run(work)
    assert (type(first), second, type(third)) == (LedgerUnavailable, Answer.RESERVED, LedgerUnavailable)
    assert (alpha.account.reserved, gamma.account.reserved) == (0, 10)


def test_when_the_database_fails_everybody_is_refused_and_it_goes_on_afterwards(
    alpha: Spender, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OperationalError("database or disk is full")

    async def work() -> list[Any]:
        with monkeypatch.context() as patch:
            patch.setattr(lane, "ledger_write", full)
            first = await asyncio.gather(*(reserve(cast.alpha, f"r{n}") for n in range(3)), return_exceptions=True)
        return [*first, await reserve(cast.alpha, "r0")]

    *refused, later = run(work)
    assert ([type(each) for each in refused], later) == ([LedgerUnavailable] * 3, Answer.RESERVED)
    assert alpha.account.reserved == 10


def test_stopping_commits_what_waits(alpha: Spender, cast: Cast) -> None:
    async def work() -> list[Answer]:
        await spend(cast.alpha, "first", 0)
        asked = [asyncio.ensure_future(reserve(cast.alpha, f"r{n}")) for n in range(20)]
        await asyncio.sleep(0)
        assert ledger_runtime().lane.queued_bytes
        await ledger_stop()
        return await asyncio.gather(*asked)

    assert run(work) == [Answer.RESERVED] * 20
    assert alpha.account.reserved == 200


def test_an_account_that_is_gone_is_refused(cast: Cast) -> None:
    async def work() -> Any:
        return await asyncio.gather(reserve(Workspace(pk="wrk_nobody"), "r1"), return_exceptions=True)

    (found,) = run(work)
    assert isinstance(found, BillingAccount.DoesNotExist)


@pytest.mark.servers
def test_an_account_held_elsewhere_waits_and_delays_nobody(cast: Cast) -> None:
    alpha, gamma = Spender(cast.alpha), Spender(cast.gamma)
    pk = alpha.account.pk

    async def work() -> list[Answer]:
        with held_elsewhere(lambda: BillingAccount.objects.select_for_update().get(pk=pk)):
            waiting = asyncio.ensure_future(reserve(cast.alpha, "r1"))
            others = [await spend(cast.gamma, f"r{n}") for n in range(10)]
            assert not waiting.done()
        return [await waiting, *others]

    assert run(work) == [Answer.RESERVED, *[Answer.SETTLED] * 10]
    assert (alpha.account.reserved, gamma.account.balance) == (10, -40)


@pytest.mark.servers
def test_whoever_holds_a_workspaces_row_does_not_stop_its_spending(cast: Cast) -> None:
    async def work() -> Answer:
        with held_elsewhere(lambda: Workspace.objects.select_for_update().get(pk=cast.alpha.pk)):
            return await spend(cast.alpha, "r1")

    assert run(work) == Answer.SETTLED


def test_a_blocked_or_deleted_workspace_reserves_nothing_and_settles_what_runs(alpha: Spender, cast: Cast) -> None:
    alpha.reserve("r1")
    workspace_block(workspace=cast.alpha, actor=THE_CONSOLE)

    async def work() -> Any:
        refused = await asyncio.gather(reserve(cast.alpha, "r2", 0), return_exceptions=True)
        return [*refused, await settle(cast.alpha, "r1", 4)]

    refused, settled = run(work)
    assert (type(refused), settled) == (SpendingClosed, Answer.SETTLED)
    Workspace.objects.filter(pk=cast.alpha.pk).update(blocked_at=None, deleted_at=utc_now())
    with pytest.raises(SpendingClosed):
        alpha.reserve("r3")
    Workspace.objects.filter(pk=cast.alpha.pk).update(deleted_at=None)
    assert alpha.reserve("r3") == Answer.RESERVED


def test_what_a_silent_process_held_is_given_back(alpha: Spender, cast: Cast) -> None:
    async def work() -> None:
        await reserve(cast.alpha, "r1")

    alpha.reserve("by hand")
    run(work)
    process = Process.objects.get()
    assert Reservation.objects.get(request_id="r1").process_id == process.pk
    just_alive = process.seen_at + SILENT
    assert processes_bury(now=just_alive) == 0
    assert reservations_expire(now=just_alive) == 0
    assert processes_bury(now=just_alive + timedelta(microseconds=1)) == 1
    states = dict(Reservation.objects.values_list("request_id", "state"))
    assert states == {"r1": "expired", "by hand": "open"}
    assert (alpha.account.reserved, Process.objects.exists()) == (10, False)
    assert alpha.adds_up()


def _newest(moment: Any) -> int | None:
    return Process.objects.filter(seen_at__gt=moment).values_list("pk", flat=True).first()


def test_a_process_says_that_it_lives_and_begins_anew_once_it_was_given_up(
    alpha: Spender, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("billing.services.running.BEAT_SECONDS", 0.02)

    async def seen_since(moment: Any) -> int:
        while True:
            found = await asyncio.to_thread(
                Process.objects.filter(seen_at__gt=moment).values_list("pk", flat=True).first
            )
            if found is not None:
                return found
            await asyncio.sleep(0.01)

    async def work() -> tuple[int, int, int]:
        await reserve(cast.alpha, "r1")
        first = await seen_since(utc_now())
        again = await seen_since(utc_now())
        await asyncio.to_thread(Process.objects.all().delete)
        return first, again, await seen_since(utc_now())

    first, again, anew = run(work)
    assert first == again != anew

"""Reserve, settle, release, expire on the database: limits hold whatever races, repeats change nothing, sums add up."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connections
from django.utils.timezone import now as real_now

from billing.errors import BalanceInsufficient, BillingFrozen, LedgerUnavailable, LimitReached, RequestConflict
from billing.ledger.facts import Payer
from billing.ledger.operations import Answer
from billing.models import BillingAccount, LedgerEntry, LimitCounter, Reservation, Usage
from billing.pricing.classes import Tokens
from billing.services.expiry import reservations_expire, reservations_purge
from billing.services.grants import credit_grant
from billing.services.reservations import settle
from billing.services.work import AMOUNT_MAX, UsageDetails
from billing.tasks import ended_reservations_purge, reservations_sweep
from opencode.lib.actor import PERSON, THE_CONSOLE, Actor
from tests.billing.ledger import HOUR, NOW, Spender, failing
from tests.cast import Cast, make_cast
from workspaces.models import APIKey
from workspaces.services.api_keys import api_key_create, api_key_limit_set
from workspaces.services.key_rotation import api_key_rotate
from workspaces.services.memberships import membership_change

DECEMBER = datetime.fromisoformat("2026-12-01T00:00:00+00:00")


@pytest.fixture
def alpha(cast: Cast) -> Spender:
    return Spender(cast.alpha)


def refusal(act: Callable[[], object]) -> dict[str, Any]:
    with pytest.raises(LimitReached) as raised:
        act()
    return dict(raised.value.extra)


def test_a_request_is_held_then_charged(alpha: Spender, cast: Cast) -> None:
    assert alpha.reserve("r1", 10, member_id=cast.carol.pk, key_id="key_1", session_id="ses_1") == Answer.RESERVED
    held = Reservation.objects.get()
    assert (held.ceiling, held.month, held.model, held.session_id) == (10, 202611, "sonnet", "ses_1")
    assert held.expires_at == NOW + HOUR
    assert alpha.settle("r1", 4, 3).answer == Answer.SETTLED
    assert not Reservation.objects.exists()
    rows = list(Usage.objects.order_by("seq").values_list("model", "cost", "charged", "seq", "balance_after"))
    assert rows == [("model-0", 4, 4, 1, -4), ("model-1", 3, 3, 2, -7)]
    assert set(LimitCounter.objects.values_list("scope", "scope_id", "used", "reserved")) == {
        ("member", cast.carol.pk, 7, 0),
        ("key", "key_1", 7, 0),
    }
    assert alpha.adds_up()


def test_a_usage_row_keeps_what_the_request_was(alpha: Spender, cast: Cast) -> None:
    alpha.reserve("r1", member_id=cast.carol.pk, session_id="ses_1")
    part = UsageDetails(
        "opus",
        5,
        Tokens(1, 2, 3, 4, 5, 6),
        prompt=10,
        units={"web_search": 1},
        context="speed=fast",
        is_estimated=True,
        quarantined="total_disagrees",
    )
    settle(
        workspace_id=alpha.workspace_id, request_id="r1", usage=[part], payer=Payer.HOST, fingerprint="s", now=alpha.now
    )
    row = Usage.objects.get()
    assert (row.input, row.cache_read, row.cache_write_5m, row.cache_write_1h, row.output, row.reasoning) == tuple(
        range(1, 7)
    )
    assert (row.prompt, row.units, row.context, row.day.isoformat()) == (
        10,
        {"web_search": 1},
        "speed=fast",
        "2026-11-29",
    )
    assert (row.member_id, row.session_id, row.payer) == (cast.carol.pk, "ses_1", "host")
    assert (row.is_estimated, row.quarantined, row.fingerprint) == (True, "total_disagrees", "s")


def test_repeats_answer_the_same_and_change_nothing(alpha: Spender) -> None:
    alpha.reserve("r1")
    assert alpha.reserve("r1") == Answer.RESERVED
    with pytest.raises(RequestConflict):
        alpha.reserve("r1", fingerprint="another body")
    alpha.settle("r1", 4)
    assert alpha.settle("r1", 4).answer == Answer.ALREADY_SETTLED
    assert alpha.settle("r1", 9, fingerprint="another").answer == Answer.CONFLICT
    assert alpha.reserve("r1") == Answer.ALREADY_SETTLED
    assert alpha.release("r1") == Answer.ALREADY_SETTLED
    assert (alpha.account.balance, Usage.objects.count()) == (-4, 1)
    alpha.reserve("r2")
    assert [alpha.release("r2") for _ in range(2)] == [Answer.RELEASED] * 2
    assert alpha.reserve("r2") == Answer.RELEASED
    assert alpha.release("r3") == Answer.UNKNOWN
    assert alpha.adds_up()


def test_one_workspace_knows_nothing_of_the_ids_of_another(alpha: Spender, cast: Cast) -> None:
    gamma = Spender(cast.gamma)
    alpha.reserve("r1")
    assert gamma.release("r1") == Answer.UNKNOWN
    assert gamma.reserve("r1", 3, fingerprint="other") == Answer.RESERVED
    gamma.settle("r1", 2)
    assert (alpha.account.balance, alpha.account.reserved, gamma.account.balance) == (0, 10, -2)


def test_a_workspaces_budget_refuses_by_name(alpha: Spender) -> None:
    alpha.set(monthly_limit=15)
    alpha.reserve("r1")
    alpha.settle("r1", 4)
    alpha.reserve("r2", 5)
    assert refusal(lambda: alpha.reserve("r3", 7)) == {
        "bound": "workspace",
        "limit": 15,
        "used": 4,
        "held": 5,
        "resets_at": "2026-12-01T00:00:00+00:00",
    }
    assert not Reservation.objects.filter(request_id="r3").exists()
    assert alpha.reserve("r3", 6) == Answer.RESERVED


def test_prepaid_holds_what_the_balance_covers(alpha: Spender) -> None:
    alpha.set(funding="prepaid")
    with pytest.raises(BalanceInsufficient):
        alpha.reserve("r1", 10)
    assert credit_grant(workspace_id=alpha.workspace_id, amount=10, grant_id="one", actor=THE_CONSOLE)
    assert alpha.reserve("r1", 10) == Answer.RESERVED
    with pytest.raises(BalanceInsufficient) as raised:
        alpha.reserve("r2", 1)
    assert raised.value.extra == {"balance": 10, "held": 10}
    assert alpha.reserve("free", 0) == Answer.RESERVED
    assert alpha.adds_up()


def test_a_frozen_account_refuses_everything_new(alpha: Spender) -> None:
    alpha.reserve("r1")
    alpha.set(frozen_at=NOW)
    with pytest.raises(BillingFrozen):
        alpha.reserve("r2", 0)
    assert alpha.settle("r1", 5).answer == Answer.SETTLED


def test_a_members_limit_binds_from_the_first_request_and_from_when_it_is_set(alpha: Spender, cast: Cast) -> None:
    carol, alice = cast.membership(cast.carol), Actor(PERSON, cast.alice.pk)
    membership_change(membership=carol, monthly_limit=10, actor=alice)
    assert refusal(lambda: alpha.reserve("r1", 11, member_id=cast.carol.pk))["bound"] == "member"
    alpha.reserve("r1", 10, member_id=cast.carol.pk)
    assert refusal(lambda: alpha.reserve("r2", 1, member_id=cast.carol.pk))["held"] == 10
    membership_change(membership=carol, monthly_limit=11, actor=alice)
    assert alpha.reserve("r2", 1, member_id=cast.carol.pk) == Answer.RESERVED
    assert alpha.reserve("r3", 50, member_id=cast.bob.pk) == Answer.RESERVED
    membership_change(membership=carol, monthly_limit=None, actor=alice)
    assert alpha.reserve("r4", 99, member_id=cast.carol.pk) == Answer.RESERVED


def test_a_keys_limit_outlives_its_rotation(alpha: Spender, cast: Cast) -> None:
    key, _ = api_key_create(
        workspace=cast.alpha, name="ci", scopes=["models"], created_by=cast.alice, actor=THE_CONSOLE
    )
    api_key_limit_set(key=key, monthly_limit=10, actor=THE_CONSOLE)
    alpha.reserve("r1", 8, key_id=key.pk)
    following, _ = api_key_rotate(key=key, overlap_hours=1, rotated_by=cast.alice, actor=THE_CONSOLE)
    assert refusal(lambda: alpha.reserve("r2", 3, key_id=following.root_id))["bound"] == "key"
    api_key_limit_set(key=APIKey.objects.get(pk=following.pk), monthly_limit=11, actor=THE_CONSOLE)
    assert alpha.reserve("r2", 3, key_id=following.root_id) == Answer.RESERVED
    alpha.now = DECEMBER
    assert refusal(lambda: alpha.reserve("r3", 12, key_id=following.root_id))["limit"] == 11


def test_a_new_month_has_room_again_while_older_holds_run(alpha: Spender, cast: Cast) -> None:
    alpha.set(monthly_limit=10)
    alpha.reserve("r1", 10, member_id=cast.carol.pk)
    alpha.now = DECEMBER
    assert alpha.reserve("r2", 10, member_id=cast.carol.pk) == Answer.RESERVED
    alpha.settle("r1", 9)
    row = Usage.objects.get()
    assert (row.month, row.day.isoformat()) == (202611, "2026-11-29")
    mine = alpha.account
    assert (mine.month, mine.month_used, mine.month_reserved, mine.reserved, mine.balance) == (202612, 0, 10, 10, -9)
    assert alpha.adds_up()


def test_what_nobody_settles_expires_and_may_still_be_charged(alpha: Spender) -> None:
    alpha.reserve("r1", 10)
    alpha.now = NOW + HOUR
    assert reservations_expire(now=alpha.now - timedelta(microseconds=1)) == 0
    assert reservations_expire(now=alpha.now) == 1
    assert reservations_expire(now=alpha.now) == 0
    assert (alpha.account.reserved, Reservation.objects.get().state) == (0, "expired")
    assert alpha.reserve("r1", 10) == Answer.EXPIRED
    alpha.now = DECEMBER
    decision = alpha.settle("r1", 4)
    assert (decision.answer, decision.was_expired) == (Answer.SETTLED, True)
    row = Usage.objects.get()
    assert (row.month, row.day.isoformat(), row.was_expired, row.charged) == (202612, "2026-12-01", True, 4)
    assert not Reservation.objects.exists()
    assert alpha.adds_up()


def test_the_host_carries_what_does_not_fit_after_expiry(alpha: Spender) -> None:
    alpha.set(monthly_limit=10)
    alpha.reserve("r1", 10)
    reservations_expire(now=NOW + HOUR)
    alpha.reserve("r2", 10)
    alpha.settle("r1", 4)
    row = Usage.objects.get()
    assert (row.charged, row.carried, alpha.account.balance) == (0, 4, 0)
    assert alpha.adds_up()


def test_ended_reservations_answer_for_30_days(alpha: Spender) -> None:
    alpha.reserve("r1")
    alpha.release("r1")
    alpha.reserve("r2")
    assert reservations_purge(now=NOW + timedelta(days=30)) == 0
    assert reservations_purge(now=NOW + timedelta(days=30, seconds=1)) == 1
    assert Reservation.objects.get().request_id == "r2"


def test_the_schedule_expires_and_purges(alpha: Spender) -> None:
    alpha.reserve("r1")
    Reservation.objects.update(expires_at=real_now() - timedelta(seconds=1))
    reservations_sweep()
    assert Reservation.objects.get().state == "expired"
    Reservation.objects.update(ended_at=real_now() - timedelta(days=31))
    ended_reservations_purge()
    assert not Reservation.objects.exists()


def test_own_credentials_count_towards_limits_only(alpha: Spender) -> None:
    alpha.set(funding="prepaid", monthly_limit=10)
    assert alpha.reserve("r1", 8, may_host_pay=False) == Answer.RESERVED
    assert alpha.settle("r1", 8, payer=Payer.OWN).answer == Answer.SETTLED
    assert (alpha.account.balance, alpha.account.month_used, Usage.objects.get().seq) == (0, 8, None)
    assert refusal(lambda: alpha.reserve("r2", 3, may_host_pay=False))["used"] == 8
    assert alpha.adds_up()


@pytest.mark.parametrize("statement", ["UPDATE", "INSERT INTO billing_limitcounter", "INSERT INTO billing_reservation"])
def test_when_the_database_fails_nothing_is_reserved(alpha: Spender, statement: str) -> None:
    with failing(statement), pytest.raises(LedgerUnavailable):
        alpha.reserve("r1", member_id="usr_1")
    assert (alpha.account.reserved, LimitCounter.objects.count()) == (0, 0)
    assert alpha.adds_up()


@pytest.mark.parametrize(
    "statement",
    [
        *("UPDATE", "INSERT INTO billing_limitcounter", "DELETE FROM billing_reservation", "INSERT INTO billing_usage"),
        *("INSERT INTO billing_usagerollup", "INSERT INTO billing_statementday"),
    ],
)
def test_a_settlement_that_fails_halfway_changes_nothing(alpha: Spender, statement: str) -> None:
    alpha.reserve("r1", member_id="usr_1")
    with failing(statement), pytest.raises(DatabaseError):
        alpha.settle("r1", 4)
    assert (alpha.account.balance, alpha.account.reserved) == (0, 10)
    assert alpha.adds_up()
    assert alpha.settle("r1", 4).answer == Answer.SETTLED
    assert alpha.adds_up()


@pytest.mark.parametrize("ceiling", [-1, AMOUNT_MAX + 1, True, 1.0])
def test_amounts_are_whole_and_bounded(alpha: Spender, ceiling: Any) -> None:
    with pytest.raises(ValueError, match="whole number"):
        alpha.reserve("r1", ceiling)


@pytest.mark.parametrize("request_id", ["", "r" * 65])
def test_request_ids_have_bounds(alpha: Spender, request_id: str) -> None:
    with pytest.raises(ValueError, match="request id"):
        alpha.reserve(request_id)


def test_a_settlement_has_parts_of_different_models(alpha: Spender) -> None:
    alpha.reserve("r1")
    with pytest.raises(ValueError, match="at least one"):
        alpha.settle("r1")
    twice = [UsageDetails("a", 1), UsageDetails("a", 1)]
    with pytest.raises(ValueError, match="one part a model"):
        settle(workspace_id=alpha.workspace_id, request_id="r1", usage=twice, payer=Payer.HOST, fingerprint="s")


def at_once(acts: list[Callable[[], object]]) -> list[object]:
    """What each came to, begun together in threads of their own."""
    barrier = threading.Barrier(len(acts))
    found: list[object] = []

    def run(act: Callable[[], object]) -> None:
        barrier.wait()
        try:
            found.append(act())
        except Exception as error:
            found.append(type(error))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.mark.django_db(transaction=True)
def test_of_parallel_first_requests_of_a_month_exactly_as_many_pass_as_fit() -> None:
    cast = make_cast()
    carol = cast.membership(cast.carol)
    membership_change(membership=carol, monthly_limit=50, actor=Actor(PERSON, cast.alice.pk))
    alpha = Spender(cast.alpha)

    def ask(number: int) -> Callable[[], object]:
        return lambda: alpha.reserve(f"r{number}", 10, member_id=cast.carol.pk, key_id="key_1")

    found = at_once([ask(number) for number in range(12)])
    assert sorted(map(str, found)) == sorted(map(str, [Answer.RESERVED] * 5 + [LimitReached] * 7))
    assert LimitCounter.objects.count() == 2
    assert alpha.adds_up()


@pytest.mark.django_db(transaction=True)
def test_one_reservation_that_is_settled_released_and_expired_at_once_ends_once() -> None:
    alpha = Spender(make_cast().alpha)
    alpha.reserve("r1", 10, member_id="usr_1")
    later = NOW + HOUR

    def expire() -> object:
        return reservations_expire(now=later)

    at_once([lambda: alpha.settle("r1", 4).answer] * 3 + [lambda: alpha.release("r1")] * 3 + [expire] * 2)
    mine = alpha.account
    assert (mine.reserved, mine.balance) in {(0, -4), (0, 0)}
    assert alpha.adds_up()


@pytest.mark.django_db(transaction=True)
def test_one_grant_given_at_once_counts_once() -> None:
    alpha = Spender(make_cast().alpha)

    def grant() -> object:
        return credit_grant(workspace_id=alpha.workspace_id, amount=5, grant_id="one", actor=THE_CONSOLE)

    found = at_once([grant] * 4)
    assert sorted(map(str, found)) == ["False"] * 3 + ["True"]
    assert (BillingAccount.objects.get(pk=alpha.account.pk).balance, LedgerEntry.objects.count()) == (5, 1)
    assert alpha.adds_up()

"""Usage that nobody reserved: stored whatever the limits, charged as far as it fits, summed up as it is written."""

import dataclasses
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from billing.errors import LedgerUnavailable
from billing.ledger.facts import Payer
from billing.ledger.operations import Answer, Bound
from billing.models import LimitCounter, QuarantinedRequest, StatementDay, Usage, UsageRollup
from billing.pricing.classes import Tokens
from billing.pricing.explain import Request
from billing.pricing.pricelist import price_list_read
from billing.services.prices import prices_load
from billing.services.usage import ITEMS_AT_ONCE, UsageItem, usage_parts, usage_record
from billing.services.work import UsageDetails
from opencode.lib.actor import PERSON, Actor
from tests.billing.ledger import NOW, Spender, failing
from tests.cast import Cast
from tests.unit.billing.test_price_lists import listed, model, priced
from workspaces.services.memberships import membership_change

pytestmark = pytest.mark.django_db
DECEMBER = datetime.fromisoformat("2026-12-01T00:00:00+00:00")
DAY = NOW.date()
BODY = {"input_tokens": 3, "output_tokens": 2}


@pytest.fixture
def alpha(cast: Cast) -> Spender:
    return Spender(cast.alpha)


def of(outcome: Any, *names: str) -> tuple[Any, ...]:
    return tuple(getattr(outcome, name) for name in names)


def test_usage_is_stored_charged_and_summed_up(alpha: Spender, cast: Cast) -> None:
    part = UsageDetails("sonnet", 5, Tokens(1, 2, 3, 4, 5, 6), prompt=10, units={"web_search": 1})
    outcome = alpha.record("r1", parts=(part,), member_id=cast.carol.pk, key_id="key_1", session_id="ses_1")
    assert of(outcome, "answer", "cost", "charged", "carried", "over_limit") == (Answer.STORED, 5, 5, 0, None)
    row = Usage.objects.get()
    assert (row.member_id, row.key_id, row.session_id, row.payer, row.seq) == (
        cast.carol.pk,
        "key_1",
        "ses_1",
        "host",
        1,
    )
    rollup = UsageRollup.objects.get()
    assert (rollup.day, rollup.model, rollup.member_id, rollup.key_id) == (DAY, "sonnet", cast.carol.pk, "key_1")
    assert (rollup.source, rollup.requests, rollup.reasoning, rollup.cost, rollup.own_cost) == ("metered", 1, 6, 5, 0)
    day = StatementDay.objects.get()
    assert (day.day, day.requests, day.used, day.first_seq, day.last_seq, day.balance_after) == (DAY, 1, 5, 1, 1, -5)
    assert set(LimitCounter.objects.values_list("scope", "used")) == {("member", 5), ("key", 5)}
    assert alpha.account.month_used == 5
    assert alpha.adds_up()


def test_a_repeat_is_a_duplicate_and_another_body_a_conflict(alpha: Spender) -> None:
    alpha.record("r1", 5, 2)
    assert of(alpha.record("r1", 5, 2), "answer", "cost", "charged") == (Answer.DUPLICATE, 7, 7)
    assert of(alpha.record("r1", 9, fingerprint="other"), "answer", "cost") == (Answer.CONFLICT, 0)
    alpha.reserve("r2")
    assert alpha.record("r2", 1).answer == Answer.CONFLICT
    alpha.settle("r2", 1)
    assert alpha.record("r2", 1).answer == Answer.CONFLICT
    assert alpha.reserve("r1") == Answer.ALREADY_SETTLED
    assert (alpha.account.balance, Usage.objects.count()) == (-8, 3)
    assert alpha.adds_up()


def test_over_a_limit_it_is_stored_all_the_same_and_the_host_carries_the_rest(alpha: Spender, cast: Cast) -> None:
    alpha.set(monthly_limit=10)
    alpha.reserve("running", 3)
    outcome = alpha.record("r1", 4, 5)
    assert of(outcome, "answer", "cost", "charged", "carried") == (Answer.STORED, 9, 7, 2)
    assert outcome.over_limit is not None
    assert of(outcome.over_limit, "bound", "amount", "used", "held") == (Bound.WORKSPACE, 10, 0, 3)
    assert list(Usage.objects.order_by("pk").values_list("charged", "carried")) == [(4, 0), (3, 2)]
    assert of(alpha.record("r2", 1), "charged", "carried") == (0, 1)
    assert alpha.record("free", 0).over_limit is None
    assert alpha.account.month_used + alpha.account.month_reserved == 10
    assert alpha.adds_up()


def test_the_narrowest_limit_decides(alpha: Spender, cast: Cast) -> None:
    alice = Actor(PERSON, cast.alice.pk)
    membership_change(membership=cast.membership(cast.carol), monthly_limit=4, actor=alice)
    alpha.set(monthly_limit=10)
    outcome = alpha.record("r1", 6, member_id=cast.carol.pk)
    assert outcome.over_limit is not None
    assert (outcome.over_limit.bound, outcome.charged, outcome.carried) == (Bound.MEMBER, 4, 2)
    assert alpha.adds_up()


def test_a_prepaid_balance_is_never_overdrawn_nor_a_hold_eaten(alpha: Spender) -> None:
    alpha.set(funding="prepaid")
    alpha.grant(10)
    alpha.reserve("running", 4)
    outcome = alpha.record("r1", 8)
    assert outcome.over_limit is not None
    assert (outcome.over_limit.bound, outcome.charged, outcome.carried, alpha.account.balance) == (
        Bound.BALANCE,
        6,
        2,
        4,
    )
    assert alpha.settle("running", 4).charges[0].charged == 4
    assert alpha.adds_up()


def test_a_frozen_account_is_charged_nothing(alpha: Spender) -> None:
    alpha.set(frozen_at=NOW)
    outcome = alpha.record("r1", 5)
    assert outcome.over_limit is not None
    assert (outcome.over_limit.bound, outcome.charged, outcome.carried) == (Bound.FROZEN, 0, 5)


def test_own_credentials_count_towards_limits_and_never_touch_the_balance(alpha: Spender) -> None:
    alpha.set(funding="prepaid", monthly_limit=10)
    assert of(alpha.record("r1", 6, payer=Payer.OWN), "charged", "carried") == (6, 0)
    assert of(alpha.record("r2", 6, payer=Payer.OWN), "charged", "carried") == (4, 2)
    assert (alpha.account.balance, alpha.account.month_used, StatementDay.objects.count()) == (0, 10, 0)
    alpha.set(counts_own=False)
    assert of(alpha.record("r3", 6, payer=Payer.OWN), "charged", "over_limit") == (6, None)
    assert (alpha.account.month_used, UsageRollup.objects.get().own_cost) == (10, 18)
    assert alpha.adds_up()


def test_usage_of_an_earlier_month_goes_to_its_own_day_and_no_limit_holds_it(alpha: Spender, cast: Cast) -> None:
    alice = Actor(PERSON, cast.alice.pk)
    membership_change(membership=cast.membership(cast.carol), monthly_limit=1, actor=alice)
    alpha.now = DECEMBER
    alpha.set(monthly_limit=0)
    late = DECEMBER - timedelta(seconds=1)
    assert of(alpha.record("r1", 5, at=late, member_id=cast.carol.pk), "charged", "over_limit") == (5, None)
    row = Usage.objects.get()
    assert (row.day, row.month, row.at, row.recorded_at) == (date(2026, 11, 30), 202611, late, DECEMBER)
    assert UsageRollup.objects.get().day == date(2026, 11, 30)
    assert StatementDay.objects.get().day == date(2026, 12, 1)
    assert (alpha.account.month, alpha.account.month_used, LimitCounter.objects.get().month) == (202612, 0, 202611)
    assert alpha.adds_up()


def test_what_is_said_to_come_from_the_future_is_of_now(alpha: Spender) -> None:
    alpha.record("r1", 5, at=NOW + timedelta(days=40))
    assert (Usage.objects.get().day, alpha.account.month) == (DAY, 202611)


def test_a_statement_has_a_line_a_day(alpha: Spender) -> None:
    alpha.record("r1", 5)
    alpha.grant(100)
    alpha.record("r2", 2, 3)
    alpha.now += timedelta(days=1)
    alpha.record("r3", 1)
    names = ("requests", "used", "first_seq", "last_seq", "balance_after")
    assert list(StatementDay.objects.order_by("day").values_list(*names)) == [(3, 10, 1, 4, 90), (1, 1, 5, 5, 89)]
    assert alpha.adds_up()


def test_many_items_are_written_together_and_repeat_in_one_call(alpha: Spender) -> None:
    items = [UsageItem(f"r{n % 250}", "u", (UsageDetails("sonnet", 1),), Payer.HOST) for n in range(300)]
    outcomes = usage_record(workspace_id=alpha.workspace_id, items=items, now=NOW)
    assert [outcome.answer for outcome in outcomes] == [Answer.STORED] * 250 + [Answer.DUPLICATE] * 50
    assert {outcome.charged for outcome in outcomes} == {1}
    assert (alpha.account.balance, Usage.objects.count(), UsageRollup.objects.get().requests) == (-250, 250, 250)
    assert alpha.adds_up()


def test_a_failure_keeps_what_was_written_and_a_repeat_completes_it(alpha: Spender) -> None:
    items = [UsageItem(f"r{n}", "u", (UsageDetails("sonnet", 1),)) for n in range(ITEMS_AT_ONCE + 5)]
    usage_record(workspace_id=alpha.workspace_id, items=items[:ITEMS_AT_ONCE], now=NOW)
    with failing("INSERT INTO billing_usage"), pytest.raises(LedgerUnavailable):
        usage_record(workspace_id=alpha.workspace_id, items=items, now=NOW)
    answers = [each.answer for each in usage_record(workspace_id=alpha.workspace_id, items=items, now=NOW)]
    assert answers == [Answer.DUPLICATE] * ITEMS_AT_ONCE + [Answer.STORED] * 5
    assert alpha.adds_up()


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (UsageDetails("a", -1),),
        (UsageDetails("a", 1), UsageDetails("a", 1)),
        (UsageDetails("a", 1, quarantined="total_disagrees"),),
        (UsageDetails("a", 1, units={"u" * 2_000: 1}),),
    ],
    ids=["none", "negative", "twice", "priced and quarantined", "units"],
)
def test_an_item_out_of_bounds_is_refused_before_anything_is_written(alpha: Spender, parts: Any) -> None:
    items = [UsageItem("r1", "u", (UsageDetails("a", 1),)), UsageItem("r2", "u", parts)]
    with pytest.raises(ValueError, match="a"):
        usage_record(workspace_id=alpha.workspace_id, items=items, now=NOW)
    assert not Usage.objects.exists()


def test_what_does_not_add_up_is_kept_and_nothing_is_charged(alpha: Spender) -> None:
    wrong = {"input_tokens": -1, "output_tokens": 2}
    parts = usage_parts(Request("anthropic", wrong, NOW, "sonnet"))
    outcome = alpha.record("r1", parts=parts, wire_format="anthropic", body=wrong)
    assert of(outcome, "answer", "quarantined", "cost") == (Answer.QUARANTINED, "count_negative", 0)
    kept = QuarantinedRequest.objects.get()
    assert (kept.request_id, kept.code, kept.wire_format) == ("r1", "count_negative", "anthropic")
    assert (kept.body, kept.resolved_at) == ('{"input_tokens": -1, "output_tokens": 2}', None)
    assert (UsageRollup.objects.get().quarantined, alpha.account.balance) == (1, 0)
    assert of(alpha.record("r1", parts=parts), "answer", "quarantined") == (Answer.DUPLICATE, "count_negative")
    assert alpha.adds_up()


def test_a_large_body_is_not_kept(alpha: Spender) -> None:
    parts = (UsageDetails("sonnet", 0, quarantined="total_disagrees"),)
    alpha.record("r1", parts=parts, body={"text": "x" * 20_000})
    assert QuarantinedRequest.objects.get().body == ""


def test_parts_have_the_prices_of_when_the_request_was_answered() -> None:
    dearer = priced(2 * 10**6) | {"from": "2026-11-30T00:00:00Z"}
    version = prices_load(
        price_list=price_list_read(listed(model("sonnet", prices=[priced(10**6), dearer]))), layer="file"
    )
    assert version is not None
    (part,) = usage_parts(Request("anthropic", BODY, NOW, "sonnet"))
    assert (part.model, part.cost, part.tokens, part.price_version_id) == ("sonnet", 5, Tokens(3, output=2), version.pk)
    (later,) = usage_parts(Request("anthropic", BODY, DECEMBER, "sonnet"))
    assert later.cost == 10


def test_without_a_price_the_tokens_are_kept() -> None:
    (part,) = usage_parts(Request("anthropic", BODY, NOW, "nobody-knows"))
    assert (part.quarantined, part.detail, part.cost) == ("model_without_price", "nobody-knows", 0)
    assert part.tokens == Tokens(3, output=2)
    (nameless,) = usage_parts(Request("anthropic", BODY, NOW))
    assert (nameless.model, nameless.quarantined) == ("", "model_without_price")


def test_usage_rows_say_why_they_are_quarantined(alpha: Spender) -> None:
    (part,) = usage_parts(Request("anthropic", BODY, NOW, "nobody-knows"))
    alpha.record("r1", parts=(part, dataclasses.replace(part, model="other")))
    assert set(Usage.objects.values_list("model", "quarantined", "input", "cost")) == {
        ("nobody-knows", "model_without_price", 3, 0),
        ("other", "model_without_price", 3, 0),
    }
    assert QuarantinedRequest.objects.count() == 1

"""The Billing page: what is free to spend, the one state line, the monthly budget, limits with their pace, grants."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from billing.services.budgets import budget_set
from billing.services.grants import credit_grant, grants_lapse
from opencode.lib.actor import THE_CONSOLE
from opencode.lib.errors import Forbidden, NotFound
from tests.billing.ledger import Spender
from tests.cast import Cast, SignIn, acting
from tests.support.audit import audited
from workspaces.models import Role
from workspaces.services.api_keys import api_key_create, api_key_limit_set
from workspaces.services.memberships import membership_change

pytestmark = pytest.mark.django_db
PAGE = "/workspaces/alpha/billing/"
DOLLAR = 100_000_000
NOW = datetime(2026, 11, 16, tzinfo=UTC)
"""Half of November is over."""


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def page(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.alice)


@pytest.fixture
def alpha(cast: Cast) -> Spender:
    return Spender(cast.alpha, NOW)


def text_of(response: HttpResponse) -> str:
    words = re.sub(r"<svg.*?</svg>", "", response.content.decode(), flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", words).split())


def read(page: Client) -> str:
    response = page.get(PAGE)
    assert response.status_code == 200
    return text_of(response)


def test_prepaid_account_says_its_balance_what_is_held_and_what_is_free(alpha: Spender, page: Client) -> None:
    alpha.set(funding="prepaid")
    alpha.grant(20 * DOLLAR)
    alpha.record("r", 3 * DOLLAR)
    alpha.reserve("running", 5 * DOLLAR)
    words = read(page)
    assert "Balance $17.00 Held by running requests $5.00 Free to spend $12.00" in words
    assert "This workspace is prepaid" in words


def test_budget_bounds_what_is_free_where_it_leaves_less(alpha: Spender, page: Client) -> None:
    alpha.set(funding="prepaid", monthly_limit=4 * DOLLAR)
    alpha.grant(20 * DOLLAR)
    alpha.record("r", 3 * DOLLAR)
    assert "Free to spend, by the monthly budget $1.00" in read(page)


def test_postpaid_account_counts_what_it_has_cost(alpha: Spender, page: Client) -> None:
    alpha.record("r", 3 * DOLLAR)
    words = read(page)
    assert "Balance (the host pays) -$3.00 Held by running requests $0.00 Free to spend No limit" in words
    assert "$3.00 used this month, without a limit" in words
    assert "Starts again on 1 December 2026, 00:00 UTC. At this pace the month comes to $6.00." in words


def test_budget_says_when_it_is_reached_at_this_pace(alpha: Spender, page: Client) -> None:
    alpha.set(monthly_limit=4 * DOLLAR)
    alpha.record("r", 3 * DOLLAR)
    alpha.reserve("running", DOLLAR // 2)
    words = read(page)
    assert "$3.00 used, $0.50 held of $4.00" in words
    assert "At this pace it is reached on 21 November ." in words


@pytest.mark.parametrize(
    ("account", "words", "button"),
    [
        ({}, "Payments are off.", 'href="#payments">Set payments up'),
        ({"monthly_limit": 0}, "The monthly budget is used up.", 'href="#id_monthly_budget">Change the budget'),
        ({"funding": "prepaid"}, "Nothing is left to spend.", 'href="#payments">Add credit'),
        ({"funding": "prepaid", "balance": -1}, "The balance is below zero.", 'href="#payments">Add credit'),
        ({"balance": -1}, "Payments are off.", 'href="#payments">Set payments up'),
        ({"frozen_at": NOW, "funding": "prepaid", "balance": -1}, "Spending is frozen", "?action=billing.freeze"),
    ],
)
def test_page_says_one_thing_that_matters_with_one_button(
    alpha: Spender, page: Client, account: dict[str, Any], words: str, button: str
) -> None:
    alpha.set(**account)
    html = page.get(PAGE).content.decode()
    (line,) = re.findall(r'<div class="callout[^"]* standing".*?</div>', html, re.S)
    assert (words in line, button in line, line.count("<a ")) == (True, True, 1)


def test_page_of_a_console_without_payments_says_how_to_set_them_up(page: Client) -> None:
    assert "OPENCODE_PAYMENTS=stripe" in read(page)
    assert "manage.py grant_credit alpha 20" in read(page)


@pytest.mark.parametrize("path", [PAGE, "/workspaces/alpha/usage/", "/workspaces/alpha/members/"])
def test_pages_say_that_payments_are_a_test(page: Client, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    assert "Test payments</span>" not in page.get(path).content.decode()
    monkeypatch.setattr(settings, "PAYMENTS", replace(settings.PAYMENTS, mode="test"))
    html = page.get(path).content.decode()
    assert "Test payments</span>" in html
    assert "OPENCODE_PAYMENTS=stripe" not in html


def test_budget_is_set_lifted_and_audited(cast: Cast, alpha: Spender, page: Client) -> None:
    assert "The monthly budget is $12.50 now." in text_of(page.post(PAGE, {"monthly_budget": "12.5"}, follow=True))
    assert alpha.account.monthly_limit == 1_250_000_000
    assert "no monthly budget now" in text_of(page.post(PAGE, {"monthly_budget": ""}, follow=True))
    assert alpha.account.monthly_limit is None
    first, second = audited(cast.alpha, "billing.budget")
    assert (first.actor_id, '"to":1250000000' in first.details.replace(" ", "")) == (cast.alice.pk, True)
    assert '"from":1250000000' in second.details.replace(" ", "")


@pytest.mark.parametrize("typed", ["-1", "1.234", "much", "1000001"])
def test_amount_that_is_none_is_refused_beside_the_field_and_kept(page: Client, alpha: Spender, typed: str) -> None:
    response = page.post(PAGE, {"monthly_budget": typed})
    assert response.status_code == 422
    assert f'value="{typed}"' in response.content.decode()
    assert 'class="errorlist"' in response.content.decode()
    assert alpha.account.monthly_limit is None


def test_budget_is_not_set_by_one_who_lost_the_right_meanwhile(cast: Cast, alpha: Spender) -> None:
    row = cast.membership(cast.bob)
    membership_change(membership=row, actor=acting(cast.alice), role=Role.MEMBER)
    with pytest.raises(Forbidden):
        budget_set(workspace_id=cast.alpha.pk, monthly_limit=1, actor=acting(cast.bob))
    row.delete()
    with pytest.raises(NotFound):
        budget_set(workspace_id=cast.alpha.pk, monthly_limit=1, actor=acting(cast.bob))
    assert alpha.account.monthly_limit is None


def test_limits_of_members_and_keys_say_used_held_and_pace(cast: Cast, alpha: Spender, page: Client) -> None:
    membership_change(membership=cast.membership(cast.carol), actor=acting(cast.alice), monthly_limit=4 * DOLLAR)
    key, _ = api_key_create(
        workspace=cast.alpha, created_by=cast.carol, name="laptop", scopes=["usage:write"], actor=THE_CONSOLE
    )
    api_key_limit_set(key=key, monthly_limit=100 * DOLLAR, actor=acting(cast.alice))
    alpha.reserve("r", 3 * DOLLAR, member_id=cast.carol.pk, key_id=key.pk)
    alpha.settle("r", 3 * DOLLAR)
    alpha.reserve("running", DOLLAR, member_id=cast.carol.pk, key_id=key.pk)
    words = read(page)
    assert "Carol Member $4.00 $3.00 $1.00 Used up" in words
    assert "laptop Key $100.00 $3.00 $1.00 $6.00 by month’s end" in words
    assert words.index("Carol Member") < words.index("laptop Key")


def test_only_the_limits_used_the_most_are_shown(cast: Cast, alpha: Spender, page: Client) -> None:
    for number in range(12):
        key, _ = api_key_create(
            workspace=cast.alpha, created_by=cast.carol, name=f"key {number}", scopes=["usage:write"], actor=THE_CONSOLE
        )
        api_key_limit_set(key=key, monthly_limit=DOLLAR, actor=acting(cast.alice))
        alpha.record(f"r{number}", number * DOLLAR // 100, key_id=key.pk)
    words = read(page)
    assert "The 10 used the most, of 12." in words
    assert [f"key {number} Key" in words for number in (0, 1, 2, 11)] == [False, False, True, True]


def test_grants_say_what_is_left_and_what_lapsed(cast: Cast, alpha: Spender, page: Client) -> None:
    alpha.set(funding="prepaid")
    staff = replace(THE_CONSOLE, reason="welcome")
    for name, days in (("first", 1), ("second", 20)):
        ends_at = NOW + timedelta(days=days)
        credit_grant(workspace_id=cast.alpha.pk, amount=5 * DOLLAR, grant_id=name, actor=staff, ends_at=ends_at)
    credit_grant(workspace_id=cast.alpha.pk, amount=7 * DOLLAR, grant_id="third", actor=THE_CONSOLE)
    alpha.record("r", 2 * DOLLAR)
    assert "$5.00 2026-11-17 00:00:00 UTC $3.00 welcome" in read(page)
    grants_lapse(now=NOW + timedelta(days=2))
    words = read(page)
    assert "$5.00 2026-11-17 00:00:00 UTC $3.00 lapsed welcome" in words
    assert "$5.00 2026-12-06 00:00:00 UTC $5.00 welcome" in words
    assert "$7.00 For good In the balance None given" in words


def test_members_neither_see_the_page_nor_its_link(cast: Cast, sign_in: SignIn, page: Client) -> None:
    carol = sign_in(cast.carol)
    assert carol.get(PAGE).status_code == 403
    assert PAGE not in carol.get("/workspaces/alpha/usage/").content.decode()
    assert re.search(f'href="{PAGE}"[^>]* aria-current="page"', page.get(PAGE).content.decode())


def test_page_takes_as_many_statements_however_much_there_is(
    cast: Cast, alpha: Spender, page: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(15):
        key, _ = api_key_create(
            workspace=cast.alpha, created_by=cast.carol, name=f"key {number}", scopes=["usage:write"], actor=THE_CONSOLE
        )
        api_key_limit_set(key=key, monthly_limit=DOLLAR, actor=acting(cast.alice))
        ends_at = NOW + timedelta(days=number + 1)
        credit_grant(
            workspace_id=cast.alpha.pk, amount=DOLLAR, grant_id=str(number), actor=THE_CONSOLE, ends_at=ends_at
        )
        alpha.record(f"r{number}", 1000, key_id=key.pk, member_id=cast.carol.pk)
    page.get(PAGE)
    with django_assert_max_num_queries(18):
        response = page.get(PAGE)
    assert len(response.content) < 50_000

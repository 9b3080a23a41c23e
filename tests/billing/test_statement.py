"""The statement: every change of the balance with the balance after it, usage as a line a day, as a page and as CSV."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from django.test import Client

from billing.ledger.facts import Payer
from billing.models import LedgerEntry, Usage
from billing.selectors.statement import STATEMENT, StatementFilter, statement_page
from billing.services.grants import credit_grant, grants_lapse
from opencode.lib.actor import THE_CONSOLE
from tests.billing.ledger import Spender
from tests.billing.test_billing_page import text_of
from tests.billing.test_usage_page import pieces_of
from tests.cast import Cast, SignIn

pytestmark = pytest.mark.django_db
PAGE = "/workspaces/alpha/billing/statement/"
CSV = f"{PAGE}export.csv"
DOLLAR = 100_000_000
NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)


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


def on(spender: Spender, day: int, hour: int = 12) -> Spender:
    """The same, on another day of November."""
    spender.now = NOW.replace(day=day, hour=hour)
    return spender


def granted(spender: Spender, day: int, dollars: int, **others: Any) -> None:
    with time_machine.travel(NOW.replace(day=day), tick=False):
        credit_grant(
            workspace_id=spender.workspace_id,
            amount=dollars * DOLLAR,
            grant_id=f"g{day}-{dollars}",
            actor=replace(THE_CONSOLE, reason=f"of the {day}th"),
            **others,
        )


@pytest.fixture
def busy(alpha: Spender) -> Spender:
    """Usage before, between and after two grants of one day, and on two others."""
    granted(alpha, 3, 50)
    on(alpha, 4).record("a1", 2 * DOLLAR)
    alpha.record("a2", DOLLAR)
    granted(alpha, 4, 10)
    on(alpha, 4, 13).record("a3", DOLLAR, DOLLAR)
    granted(alpha, 4, 20)
    alpha.record("a4", 3 * DOLLAR)
    alpha.record("own", 7 * DOLLAR, payer=Payer.OWN)
    on(alpha, 6).record("b1", 5 * DOLLAR)
    return alpha


def lines_of(spender: Spender, wanted: StatementFilter | None = None, limit: int = 50) -> list[tuple[Any, ...]]:
    """Every line, through pages of `limit` marks: day, source or rows, dollars, and dollars after it."""
    found: list[tuple[Any, ...]] = []
    cursor: str | None = ""
    while cursor is not None:
        shown = statement_page(spender.account.pk, wanted or StatementFilter(), STATEMENT.read(cursor), limit)
        for line in shown.lines:
            what = line.entry.source if line.entry else line.rows
            found.append((line.day.day, what, line.amount / DOLLAR, line.balance_after / DOLLAR))
        cursor = shown.next
    return found


def test_usage_is_a_line_a_day_cut_where_something_else_changed_the_balance(busy: Spender) -> None:
    assert lines_of(busy) == [
        (6, 1, -5.0, 67.0),
        (4, 1, -3.0, 72.0),
        (4, "grant:g4-20", 20.0, 75.0),
        (4, 2, -2.0, 55.0),
        (4, "grant:g4-10", 10.0, 57.0),
        (4, 2, -3.0, 47.0),
        (3, "grant:g3-50", 50.0, 50.0),
    ]


def test_each_balance_is_the_one_before_and_the_lines_amount(busy: Spender) -> None:
    found = lines_of(busy)
    for newer, older in pairwise(found):
        assert newer[3] == older[3] + newer[2]
    assert found[0][3] * DOLLAR == busy.account.balance
    assert busy.adds_up()


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5])
def test_pages_of_any_size_have_the_same_lines(busy: Spender, limit: int) -> None:
    assert lines_of(busy, limit=limit) == lines_of(busy)
    assert len(lines_of(busy)) == 7


@pytest.mark.parametrize(
    ("since", "until", "numbers", "opening"),
    [
        (4, 5, [1, 2, 3, 4, 5], 50.0),
        (3, 4, [6], 0.0),
        (5, 6, [], 72.0),
        (5, None, [0], 72.0),
        (None, 5, [1, 2, 3, 4, 5, 6], 0.0),
        (7, 9, [], 67.0),
        (1, 3, [], 0.0),
    ],
)
def test_period_has_its_lines_and_the_balance_before_it(
    busy: Spender, since: int | None, until: int | None, numbers: list[int], opening: float
) -> None:
    wanted = StatementFilter(*(date(2026, 11, day) if day else None for day in (since, until)))
    everything = lines_of(busy)
    assert lines_of(busy, wanted) == [everything[number] for number in numbers]
    assert lines_of(busy, wanted, limit=1) == [everything[number] for number in numbers]
    shown = statement_page(busy.account.pk, wanted, None)
    assert (shown.next, shown.opening) == (None, opening * DOLLAR)


def test_usage_posted_out_of_its_days_order_is_in_some_line_and_every_balance_holds(busy: Spender) -> None:
    """Two processes' clocks differ at midnight: the day that ended is posted once more after the next began."""
    on(busy, 7, 0).record("c1", DOLLAR)
    on(busy, 6, 23).record("c2", DOLLAR)
    on(busy, 7, 1).record("c3", DOLLAR)
    found = lines_of(busy)
    assert sum(line[1] for line in found if isinstance(line[1], int)) == Usage.objects.filter(seq__gt=0).count()
    assert [newer[3] for newer in found[:-1]] == [older[3] + newer[2] for newer, older in pairwise(found)]
    assert lines_of(busy, limit=1) == found


def test_usage_of_a_day_that_goes_on_is_one_line_that_grows(alpha: Spender) -> None:
    for number in range(3):
        alpha.record(f"r{number}", DOLLAR)
    assert lines_of(alpha) == [(16, 3, -3.0, -3.0)]
    alpha.record("r4", DOLLAR)
    assert lines_of(alpha) == [(16, 4, -4.0, -4.0)]


def test_lines_lead_to_their_causes(cast: Cast, alpha: Spender, page: Client) -> None:
    alpha.set(funding="prepaid")
    granted(alpha, 3, 5, ends_at=NOW.replace(day=5))
    on(alpha, 4).record("r", DOLLAR)
    grants_lapse(now=NOW)
    html = page.get(PAGE).content.decode()
    words = text_of(page.get(PAGE))
    assert "16 Nov 2026 Granted credit lapsed -$4.00 $0.00" in words
    assert "4 Nov 2026 Usage, 1 row -$1.00 $4.00" in words
    assert "3 Nov 2026 Credit granted of the 3th +$5.00 $5.00" in words
    assert "Balance before $0.00" in words
    assert 'href="/workspaces/alpha/audit/?action=billing.grant"' in html
    assert f'href="{PAGE}2-2/"' in html


def test_line_of_usage_opens_into_its_rows(busy: Spender, page: Client) -> None:
    rows = list(Usage.objects.filter(seq__isnull=False).order_by("seq").values_list("request_id", "seq"))
    first, last = rows[2][1], rows[3][1]
    response = page.get(f"{PAGE}{first}-{last}/")
    assert [row.usage.request_id for row in response.context["rows"]] == ["a3", "a3"]
    assert "$54.00" not in text_of(response)
    assert page.get(f"{PAGE}9-3/").status_code == 404
    assert page.get(f"{PAGE}1-{10**30}/").status_code == 404


def test_rows_of_a_long_line_are_paged(alpha: Spender, page: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opencode.lib.paging.PAGE_ROWS", 2)
    for number in range(3):
        alpha.record(f"r{number}", DOLLAR)
    first = page.get(f"{PAGE}1-3/")
    assert [row.usage.request_id for row in first.context["rows"]] == ["r2", "r1"]
    second = page.get(f"{PAGE}1-3/?before={first.context['page'].next}")
    assert [row.usage.request_id for row in second.context["rows"]] == ["r0"]


def test_csv_has_exactly_the_filters_lines_and_is_streamed(
    busy: Spender, page: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("billing.services.statementexport.CHUNK_MARKS", 2)
    response = page.get(f"{CSV}?since=2026-11-04&until=2026-11-04")
    pieces = pieces_of(response)
    found = list(csv.DictReader(b"".join(pieces).decode().splitlines()))
    assert len(pieces) == 3
    assert [line["source"] for line in found] == ["usage", "grant:g4-20", "usage", "grant:g4-10", "usage"]
    assert sum(int(line["amount_micro_cents"]) for line in found) == 22 * DOLLAR
    assert (found[1]["reason"], found[1]["amount_usd"], found[1]["balance_usd"]) == ("of the 4th", "20", "75")
    assert (found[0]["usage_rows"], found[0]["at_utc"], found[1]["at_utc"]) == ("1", "", "2026-11-04T12:00:00+00:00")
    assert response["Content-Disposition"].startswith('attachment; filename="statement-alpha-20261116-')


@pytest.mark.parametrize(
    "query", ["?since=2026-11-07&until=2026-11-05", "?since=x", "?until=9999-12-31", "?since=0001-01-01"]
)
def test_periods_that_are_none_are_refused_and_show_everything(busy: Spender, page: Client, query: str) -> None:
    response = page.get(f"{PAGE}{query}")
    assert (response.status_code, len(response.context["lines"])) == (422, 7)


def test_empty_statement_says_so(page: Client, alpha: Spender) -> None:
    assert "Nothing has changed the balance yet" in text_of(page.get(PAGE))
    alpha.record("r", DOLLAR)
    assert "Nothing changed the balance on these days" in text_of(page.get(f"{PAGE}?until=2026-11-01"))


def test_another_workspaces_ledger_is_not_shown(cast: Cast, page: Client) -> None:
    Spender(cast.gamma, NOW).record("theirs", DOLLAR)
    Spender(cast.gamma, NOW).grant(DOLLAR)
    assert page.get(PAGE).context["lines"] == []
    assert page.get(f"{PAGE}1-9/").context["rows"] == []


def test_page_of_hundreds_of_lines_is_small_and_costs_few_statements(
    alpha: Spender, page: Client, django_assert_max_num_queries: Any
) -> None:
    account = alpha.account
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            account=account, seq=number, source=f"grant:{number}", amount=1, balance_after=number, at=NOW, reason="r"
        )
        for number in range(1, 301)
    )
    alpha.set(balance=300, entry_seq=300)
    page.get(PAGE)
    with django_assert_max_num_queries(14):
        response = page.get(PAGE)
    assert (len(response.context["lines"]), response.context["is_first"]) == (50, True)
    assert len(response.content) < 50_000
    with django_assert_max_num_queries(18):
        page.get(f"{PAGE}?since=2026-11-01&until=2026-11-20")

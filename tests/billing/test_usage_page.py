"""The Usage page: the same sums as chart, table and CSV; months and ranges; what each role sees."""

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from asgiref.sync import async_to_sync
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import User
from billing.models import UsageRollup
from opencode.lib.actor import THE_CONSOLE
from tests.billing.ledger import Spender
from tests.billing.usage import CENT, used
from tests.cast import Cast, SignIn
from workspaces.services.api_keys import api_key_create, api_key_revoke

pytestmark = pytest.mark.django_db
PAGE = "/workspaces/alpha/usage/"
CSV = f"{PAGE}export.csv"


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    """The 20th of November 2026."""
    with time_machine.travel(datetime(2026, 11, 20, 9, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def page(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.alice)


def text_of(response: HttpResponse) -> str:
    """What a person reads, without the chart."""
    words = re.sub(r"<svg.*?</svg>", "", response.content.decode(), flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", words).split())


def look(page: Client, query: str = "") -> Any:
    """The page's context."""
    response = page.get(f"{PAGE}{query}")
    assert response.status_code == 200
    return response.context


def lines(page: Client, query: str = "") -> list[dict[str, str]]:
    return list(csv.DictReader(b"".join(pieces_of(page.get(f"{CSV}{query}"))).decode().splitlines()))


def pieces_of(response: Any) -> list[bytes]:
    async def collect() -> list[bytes]:
        return [piece async for piece in response]

    return async_to_sync(collect)()


def test_days_and_models_add_up_to_the_total(cast: Cast, page: Client) -> None:
    used(cast.alpha, 1, 3 * CENT)
    used(cast.alpha, 1, 2 * CENT, model="openai/gpt-5")
    used(cast.alpha, 30, CENT)
    shown = look(page)["shown"]
    assert [series.name for series in shown.series] == ["anthropic/claude-sonnet-5", "openai/gpt-5"]
    assert shown.total == sum(day.total for day in shown.days) == 6 * CENT
    assert (shown.days[0].costs, shown.days[29].costs) == ((3 * CENT, 2 * CENT), (CENT, 0))
    assert len(shown.days) == 30


def test_chart_table_and_csv_say_the_same(cast: Cast, page: Client) -> None:
    for day in (1, 2, 5):
        used(cast.alpha, day, day * CENT)
    response = page.get(PAGE)
    titles = re.findall(r"<title>(.*?)</title>", response.content.decode())
    assert "Monday 2 November: anthropic/claude-sonnet-5 $0.02" in titles
    assert "Mon 2 Nov" in text_of(response)
    assert "Total anthropic/claude-sonnet-5 $0.08 $0.08" in text_of(response)
    assert sum(int(line["cost_micro_cents"]) for line in lines(page)) == 8 * CENT


def test_more_than_seven_models_are_six_and_other(cast: Cast, page: Client) -> None:
    for number in range(9):
        used(cast.alpha, 3, (number + 1) * CENT, model=f"m{number}")
    shown = look(page)["shown"]
    assert [series.name for series in shown.series] == ["m8", "m7", "m6", "m5", "m4", "m3", "Other (3)"]
    assert shown.series[-1].cost == 6 * CENT
    assert shown.total == 45 * CENT


def test_seven_models_need_no_other(cast: Cast, page: Client) -> None:
    for number in range(7):
        used(cast.alpha, 3, CENT, model=f"m{number}")
    assert [series.name for series in look(page)["shown"].series] == [f"m{number}" for number in range(7)]


def test_total_stands_beside_the_same_days_a_month_before(cast: Cast, page: Client) -> None:
    for month in (10, 11):
        for day in (1, 20, 21):
            used(cast.alpha, datetime(2026, month, day, tzinfo=UTC).date(), month * CENT)
    shown = look(page)
    assert (shown["shown"].total, shown["before"], shown["percent"]) == (33 * CENT, 20 * CENT, 65)
    assert (str(shown["before_since"]), str(shown["before_last"])) == ("2026-10-01", "2026-10-20")


def test_past_month_is_compared_as_a_whole_and_short_months_are_clamped(cast: Cast, page: Client) -> None:
    used(cast.alpha, datetime(2026, 2, 28, tzinfo=UTC).date(), 5 * CENT)
    shown = look(page, "?month=2026-03")
    assert (shown["before"], str(shown["before_last"])) == (5 * CENT, "2026-02-28")


def test_months_lead_to_each_other_and_never_into_the_future(page: Client) -> None:
    months = look(page, "?by=key")["months"]
    assert (months["older"].query, "newer" in months) == ("by=key&month=2026-10", False)
    assert look(page, "?month=2026-10")["months"]["newer"].query == "month=2026-11"
    assert look(page, "?month=2026-01")["months"]["older"].query == "month=2025-12"


def test_range_is_in_the_address_with_both_its_days(cast: Cast, page: Client) -> None:
    for day in (4, 5, 7, 8):
        used(cast.alpha, day)
    shown = look(page, "?since=2026-11-05&until=2026-11-07")
    assert (shown["shown"].total, len(shown["shown"].days)) == (2 * CENT, 3)
    assert (str(shown["before_since"]), str(shown["before_last"])) == ("2026-10-05", "2026-10-07")
    assert len(lines(page, "?since=2026-11-05&until=2026-11-07")) == 2


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "Pacific/Kiritimati", "America/Los_Angeles"])
def test_single_days_add_up_to_their_range_in_every_zone(cast: Cast, page: Client, zone: str) -> None:
    for day in (4, 5, 6, 7, 8, 9, 10):
        used(cast.alpha, day, day * CENT)
    said = {"Time-Zone": zone, "X-Timezone": zone, "Accept-Language": "ja"}
    with timezone.override(zone):
        single = [
            page.get(f"{PAGE}?since=2026-11-{day:02}&until=2026-11-{day:02}", headers=said).context["shown"].total
            for day in range(5, 10)
        ]
        together = page.get(f"{PAGE}?since=2026-11-05&until=2026-11-09", headers=said).context["shown"]
    assert single == [day * CENT for day in range(5, 10)]
    assert (sum(single), len(together.days)) == (together.total, 5)


def test_days_begin_and_end_in_utc_and_say_so(cast: Cast, page: Client) -> None:
    spender = Spender(cast.alpha)
    for number, moment in enumerate(("2026-11-18T23:59:59.900000+00:00", "2026-11-19T00:00:00+00:00")):
        spender.now = datetime.fromisoformat(moment)
        spender.record(f"r{number}", (number + 1) * CENT)
    with timezone.override("Asia/Tokyo"):
        response = page.get(f"{PAGE}?since=2026-11-18&until=2026-11-19")
    assert [day.total for day in response.context["shown"].days] == [CENT, 2 * CENT]
    assert "UTC" in text_of(response)
    charts = re.findall(r"<svg.*?</svg>", response.content.decode(), re.S)
    assert any("UTC" in chart for chart in charts)


@pytest.mark.parametrize(
    "query",
    [
        "?since=2026-11-07&until=2026-11-05",
        "?since=2026-11-07",
        "?until=2026-11-07",
        "?since=2026-01-01&until=2026-11-05",
        "?since=1999-01-01&until=1999-01-02",
        "?since=9999-12-30&until=9999-12-31",
        "?month=0001-01",
        "?month=9999-12",
        "?month=2026-13",
        "?since=x&until=y",
        "?by=colour",
        "?source=guess",
    ],
)
def test_ranges_that_are_none_are_refused_and_show_this_month(cast: Cast, page: Client, query: str) -> None:
    used(cast.alpha, 3)
    response = page.get(f"{PAGE}{query}")
    assert response.status_code == 422
    assert response.context["shown"].total == CENT


def test_longest_range_is_shown(cast: Cast, page: Client) -> None:
    assert len(look(page, "?since=2026-09-01&until=2026-12-01")["shown"].days) == 92


def test_filters_narrow_all_of_the_page_and_the_csv(cast: Cast, page: Client) -> None:
    used(cast.alpha, 3, CENT, model="a", member_id=cast.carol.pk)
    used(cast.alpha, 3, 2 * CENT, model="b", member_id=cast.bob.pk)
    assert look(page, "?model=b")["shown"].total == 2 * CENT
    shown = look(page, f"?member={cast.carol.pk}")
    assert shown["shown"].total == CENT
    assert [(link.label, link.query) for link in shown["narrowed"]] == [("Member: Carol", "")]
    assert [line["model"] for line in lines(page, "?model=b")] == ["b"]


def test_people_and_keys_are_named_revoked_keys_and_former_members_too(cast: Cast, page: Client) -> None:
    key, _ = api_key_create(
        workspace=cast.alpha, created_by=cast.carol, name="laptop", scopes=["usage:write"], actor=THE_CONSOLE
    )
    api_key_revoke(key=key, actor=THE_CONSOLE)
    used(cast.alpha, 3, 9 * CENT, member_id=cast.carol.pk, key_id=key.pk)
    used(cast.alpha, 3, 8 * CENT, member_id=cast.bob.pk, key_id="key_gone")
    used(cast.alpha, 3, 7 * CENT, member_id="usr_gone")
    cast.membership(cast.bob).delete()
    assert [each.name for each in look(page, "?by=member")["shown"].series] == ["Carol", "Bob", "a deleted account"]
    assert [each.name for each in look(page, "?by=key")["shown"].series] == ["laptop", "a deleted key", "no key"]
    assert {(line["key"], line["person"]) for line in lines(page)} >= {("laptop", "Carol"), ("a deleted key", "Bob")}


def test_address_reveals_no_name_of_a_stranger_or_of_another_workspaces_key(cast: Cast, page: Client) -> None:
    key, _ = api_key_create(
        workspace=cast.gamma, created_by=cast.charlie, name="gammas", scopes=["usage:write"], actor=THE_CONSOLE
    )
    response = page.get(f"{PAGE}?member={cast.charlie.pk}&key={key.pk}")
    assert "Charlie" not in text_of(response)
    assert "gammas" not in text_of(response)


def test_another_workspaces_usage_is_not_counted(cast: Cast, page: Client) -> None:
    used(cast.gamma, 3)
    assert look(page)["shown"].total == 0


def test_reported_usage_is_beside_metered_and_never_in_one_sum(cast: Cast, page: Client) -> None:
    used(cast.alpha, 3, CENT)
    used(cast.alpha, 3, 5 * CENT, source="reported")
    assert look(page)["shown"].total == CENT
    assert look(page, "?source=reported")["shown"].total == 5 * CENT
    assert [line["source"] for line in lines(page, "?source=reported")] == ["reported"]


@pytest.mark.parametrize(("who", "total", "groups"), [("bob", 3, 3), ("carol", 1, 2)])
def test_members_see_their_own_and_admins_all(cast: Cast, sign_in: SignIn, who: str, total: int, groups: int) -> None:
    person: User = getattr(cast, who)
    used(cast.alpha, 3, CENT, member_id=cast.carol.pk)
    used(cast.alpha, 3, 2 * CENT, member_id=cast.bob.pk)
    client = sign_in(person)
    shown = look(client, f"?by=member&member={cast.bob.pk}" if who == "carol" else "?by=member")
    assert (shown["shown"].total, len(shown["groups"])) == (total * CENT, groups)
    assert sum(int(line["cost_micro_cents"]) for line in lines(client)) == total * CENT


def test_costs_that_were_left_out_are_counted_and_linked(cast: Cast, page: Client) -> None:
    used(cast.alpha, 3, CENT, requests=5, quarantined=2)
    response = page.get(PAGE)
    assert '<a href="#left-out">2</a>' in response.content.decode()
    assert 'id="left-out"' in response.content.decode()
    assert "2 requests could not be priced" in text_of(response)


@pytest.mark.parametrize(("query", "words"), [("", "usage:write"), ("?source=reported", "Connect an agent")])
def test_nothing_yet_says_what_to_do(page: Client, query: str, words: str) -> None:
    assert words in text_of(page.get(f"{PAGE}{query}"))


def test_nothing_in_these_days_says_so(cast: Cast, page: Client) -> None:
    used(cast.alpha, 3)
    assert "No usage on these days" in text_of(page.get(f"{PAGE}?month=2026-01"))


def test_csv_holds_no_formula_and_is_streamed_in_pieces(
    cast: Cast, page: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("billing.services.usageexport.CHUNK_ROWS", 2)
    for number in range(5):
        used(cast.alpha, 3, CENT, model=f"=cmd|{number}")
    response = page.get(CSV)
    pieces = pieces_of(response)
    assert (len(pieces), response["Content-Type"]) == (4, "text/csv; charset=utf-8")
    assert [line["model"] for line in lines(page)] == [f"'=cmd|{number}" for number in range(5)]
    assert lines(page)[0]["cost_usd"] == "0.01"
    assert 'filename="usage-alpha-metered-2026-11-01-2026-11-30.csv"' in response["Content-Disposition"]


def test_page_is_in_the_sidebar(page: Client) -> None:
    assert re.search(f'href="{PAGE}"[^>]* aria-current="page"', page.get(PAGE).content.decode())


def test_page_with_everything_is_small_and_costs_few_statements(
    cast: Cast, page: Client, django_assert_max_num_queries: Any
) -> None:
    for day in range(1, 31):
        for number in range(9):
            used(cast.alpha, day, (number + day) * CENT, model=f"provider-{number}/a-model-with-quite-a-long-name")
    page.get(PAGE)
    with django_assert_max_num_queries(14):
        response = page.get(PAGE)
    assert len(response.content) < 150_000
    assert UsageRollup.objects.count() == 270

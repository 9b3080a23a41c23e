"""Usage by request: a day's rows with how each cost came about, and one request found by its id."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from billing.ledger.facts import Payer
from billing.models import PriceVersion, QuarantinedRequest, Usage
from billing.pricing.explain import Request
from billing.services.quarantine import quarantine_release
from billing.services.usage import usage_parts
from opencode.lib.actor import THE_CONSOLE
from tests.billing.ledger import Spender
from tests.billing.test_billing_page import text_of
from tests.billing.test_corrections import BODY, prices_are, reprice, spend
from tests.billing.usage import used
from tests.cast import Cast, SignIn
from workspaces.services.api_keys import api_key_create, api_key_revoke

pytestmark = pytest.mark.django_db
LIST = "/workspaces/alpha/usage/requests/"
ONE = f"{LIST}one/"
NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)
DOLLAR = 100_000_000


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def page(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.alice)


@pytest.fixture
def alpha(cast: Cast) -> Spender:
    """A token of sonnet costs a cent, which is $10,000 a million."""
    prices_are(1_000_000)
    return Spender(cast.alpha, NOW)


def look(page: Client, query: str = "") -> Any:
    response = page.get(f"{LIST}{query}")
    assert response.status_code == 200
    return response.context


def ids(page: Client, query: str = "") -> list[str]:
    return [row.usage.request_id for row in look(page, query)["rows"]]


def test_row_says_how_its_cost_came_about_and_by_which_prices(alpha: Spender, page: Client) -> None:
    spend(alpha, "r1")
    version = PriceVersion.objects.latest("pk")
    formula = f"3 input × $10,000.00/M + 2 output × $10,000.00/M, prices imported {version.number}"
    assert formula in text_of(page.get(LIST))
    (row,) = look(page)["rows"]
    assert [part.micro_cents for part in row.explained.parts] == [3_000_000, 2_000_000]
    assert row.cost == 5_000_000
    words = text_of(page.get(f"{ONE}?id=r1"))
    assert "Input 3 $10,000.00 a million $0.03 Output 2 $10,000.00 a million $0.02 Total 5 tokens $0.05" in words
    assert f"Prices: imported {version.number}, of" in words


def test_corrected_row_has_the_present_cost_and_says_what_changed(alpha: Spender, page: Client) -> None:
    spend(alpha, "r1")
    prices_are(500_000)
    reprice()
    (row,) = look(page)["rows"]
    assert (row.cost, row.charged, row.explained.micro_cents) == (2_500_000, 2_500_000, 2_500_000)
    assert row.version == PriceVersion.objects.latest("pk")
    assert "corrected by -$0.025, charged -$0.025 ( a wrong list )" in text_of(page.get(f"{ONE}?id=r1"))


def test_cost_that_no_price_list_gives_is_not_explained(alpha: Spender, page: Client) -> None:
    alpha.record("r1", DOLLAR)
    (part,) = usage_parts(Request("anthropic", BODY, NOW, "sonnet"))
    alpha.record("r2", parts=(replace(part, cost=DOLLAR),))
    first, second = look(page)["rows"]
    assert (first.explained, second.explained) == (None, None)
    assert "No price list was used" in text_of(page.get(f"{ONE}?id=r1"))


def test_quarantined_rows_are_found_say_why_and_leave_when_released(alpha: Spender, page: Client) -> None:
    spend(alpha, "r1")
    spend(alpha, "r2", "a-model-nobody-knows")
    assert ids(page, "?only=quarantined") == ["r2"]
    assert "Quarantined" in text_of(page.get(LIST))
    assert "could not be priced: model_without_price (" in text_of(page.get(f"{ONE}?id=r2"))
    quarantine_release(quarantined=QuarantinedRequest.objects.get(), cost=DOLLAR, actor=THE_CONSOLE)
    (row,) = look(page, "?only=quarantined")["rows"]
    assert (row.is_open, row.cost) == (False, DOLLAR)
    assert "could not be priced" not in text_of(page.get(f"{ONE}?id=r2"))


def test_usage_page_leads_to_a_days_requests_and_to_the_quarantined(cast: Cast, page: Client) -> None:
    used(cast.alpha, 3, model="m", quarantined=1)
    html = page.get("/workspaces/alpha/usage/?model=m").content.decode()
    assert f'<a href="{LIST}?day=2026-11-03&amp;model=m">Tue 3 Nov</a>' in html
    assert f'href="{LIST}?day=2026-11-03&amp;only=quarantined&amp;model=m">Tue 3 Nov (1)</a>' in html
    assert LIST + "?day" not in page.get("/workspaces/alpha/usage/?source=reported").content.decode()


def test_day_is_chosen_and_days_with_usage_lead_to_each_other(alpha: Spender, page: Client) -> None:
    for day in (3, 9, 16):
        alpha.now = NOW.replace(day=day)
        alpha.record(f"r{day}", DOLLAR)
    assert ids(page) == ["r16"]
    shown = look(page, "?day=2026-11-09")
    assert [row.usage.request_id for row in shown["rows"]] == ["r9"]
    assert [shown[name][1] for name in ("older_day", "newer_day")] == ["day=2026-11-03", "day=2026-11-16"]
    empty = page.get(f"{LIST}?day=2026-11-12")
    assert "No requests on this day Show Monday 9 November" in text_of(empty)
    assert look(page, "?day=2026-11-16")["newer_day"] is None


def test_requests_are_filtered_by_model_key_and_member(cast: Cast, alpha: Spender, page: Client) -> None:
    key, _ = api_key_create(
        workspace=cast.alpha, created_by=cast.carol, name="laptop", scopes=["usage:write"], actor=THE_CONSOLE
    )
    alpha.record("r1", DOLLAR, key_id=key.pk, member_id=cast.carol.pk)
    alpha.record("r2", DOLLAR, 2 * DOLLAR)
    assert ids(page, "?model=model-1") == ["r2"]
    assert ids(page, f"?key={key.pk}") == ids(page, f"?member={cast.carol.pk}") == ["r1"]
    assert [link.label for link in look(page, f"?key={key.pk}")["narrowed"]] == ["Key: laptop"]


def test_revoked_keys_keep_their_names_and_erased_ones_are_called_so(cast: Cast, alpha: Spender, page: Client) -> None:
    key, _ = api_key_create(
        workspace=cast.alpha, created_by=cast.carol, name="laptop", scopes=["usage:write"], actor=THE_CONSOLE
    )
    alpha.record("r1", DOLLAR, key_id=key.pk, member_id=cast.carol.pk)
    alpha.record("r2", DOLLAR, key_id="key_gone", member_id="usr_gone")
    api_key_revoke(key=key, actor=THE_CONSOLE)
    cast.membership(cast.carol).delete()
    found = [(row.key, row.member) for row in look(page)["rows"]]
    assert found == [("a deleted key", "a deleted account"), ("laptop", "Carol")]


def test_requests_of_a_day_are_paged_by_key(alpha: Spender, page: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opencode.lib.paging.PAGE_ROWS", 2)
    for number in range(3):
        alpha.record(f"r{number}", DOLLAR)
    first = look(page, "?day=2026-11-16")
    assert [row.usage.request_id for row in first["rows"]] == ["r2", "r1"]
    assert ids(page, f"?{first['further']}") == ["r0"]


@pytest.mark.parametrize("query", ["?day=2026-13-01", "?day=0001-01-01", "?day=9999-12-31", "?only=some"])
def test_days_that_are_none_are_refused_and_show_today(alpha: Spender, page: Client, query: str) -> None:
    alpha.record("r1", DOLLAR)
    response = page.get(f"{LIST}{query}")
    assert (response.status_code, len(response.context["rows"])) == (422, 1)


def test_request_is_found_by_its_id_whatever_it_is_made_of(alpha: Spender, page: Client) -> None:
    odd = "a/b?c=d&e#f%20\"<x>'"
    alpha.record(odd, DOLLAR, 2 * DOLLAR)
    html = page.get(LIST).content.decode()
    row = Usage.objects.earliest("pk")
    link = f"{ONE}?id=a%2Fb%3Fc%3Dd%26e%23f%2520%22%3Cx%3E%27#row-{row.pk}"
    assert link in html
    found = page.get(link)
    assert [each.usage.model for each in found.context["rows"]] == ["model-0", "model-1"]
    assert page.get(f"/workspaces/alpha/usage/rows/{row.pk}/")["Location"] == link


@pytest.mark.parametrize(("ends", "words"), [("", "State Running"), ("release", "State Released: nothing was charged")])
def test_request_without_usage_says_what_became_of_it(alpha: Spender, page: Client, ends: str, words: str) -> None:
    alpha.reserve("r1", DOLLAR)
    for _ in [ends] if ends else []:
        alpha.release("r1")
    found = text_of(page.get(f"{ONE}?id=r1"))
    assert (words in found, "eld $1.00" in found) == (True, True)


@pytest.mark.parametrize("query", ["?id=nothing", "?id=", "", "?id=" + 65 * "x"])
def test_unknown_id_is_not_found_and_stays_in_the_field(page: Client, query: str) -> None:
    response = page.get(f"{ONE}{query}")
    assert response.status_code == 404
    assert "No request has this ID" in text_of(response)


def test_members_see_their_own_requests_alone(cast: Cast, sign_in: SignIn, alpha: Spender) -> None:
    alpha.record("mine", DOLLAR, member_id=cast.carol.pk)
    alpha.record("bobs", DOLLAR, member_id=cast.bob.pk)
    alpha.reserve("running", DOLLAR, member_id=cast.bob.pk)
    carol = sign_in(cast.carol)
    assert ids(carol) == ids(carol, f"?member={cast.bob.pk}") == ["mine"]
    assert [carol.get(f"{ONE}?id={name}").status_code for name in ("mine", "bobs", "running")] == [200, 404, 404]
    rows = {row.request_id: row.pk for row in Usage.objects.all()}
    statuses = [carol.get(f"/workspaces/alpha/usage/rows/{rows[name]}/").status_code for name in ("mine", "bobs")]
    assert statuses == [302, 404]


def test_another_workspaces_requests_are_not_found(cast: Cast, alpha: Spender, page: Client) -> None:
    Spender(cast.gamma, NOW).record("theirs", DOLLAR)
    assert ids(page) == []
    assert page.get(f"{ONE}?id=theirs").status_code == 404
    assert page.get(f"/workspaces/alpha/usage/rows/{Usage.objects.get().pk}/").status_code == 404


def test_usage_on_own_credentials_says_who_paid(alpha: Spender, page: Client) -> None:
    alpha.record("r1", DOLLAR, payer=Payer.OWN)
    assert "Paid by The workspace’s own provider credentials" in text_of(page.get(f"{ONE}?id=r1"))


def test_full_day_costs_as_few_statements_as_a_short_one(
    cast: Cast, alpha: Spender, page: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(60):
        spend(alpha, f"r{number}", member_id=cast.carol.pk)
    prices_are(500_000)
    reprice()
    page.get(LIST)
    with django_assert_max_num_queries(16):
        response = page.get(LIST)
    assert len(response.context["rows"]) == 50
    assert len(response.content) < 80_000

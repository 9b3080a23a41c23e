"""Usage, limits and balance through the JSON API: what each caller reads, in pages, by filter."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from accounts.models import User
from billing.models import BillingAccount, LimitCounter
from tests.api.conftest import MakeProgram, Program, code_of
from tests.billing.usage import CENT, used
from tests.cast import Cast
from workspaces.models import APIKey

FromPage = Callable[[User], Program]
USAGE, LIMITS, BALANCE = "/usage?workspace=alpha", "/limits?workspace=alpha", "/balance?workspace=alpha"


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    """The 20th of November 2026."""
    with time_machine.travel(datetime(2026, 11, 20, 9, tzinfo=UTC), tick=False):
        yield


def costs(answer: Any) -> list[int]:
    return [item["cost_micro_cents"] for item in answer["items"]]


def test_key_of_the_workspace_reads_the_month_by_day(cast: Cast, with_key: MakeProgram) -> None:
    used(cast.alpha, 2, 3 * CENT, member_id=cast.carol.pk, key_id="key_1", input=7, cache_read=2, requests=4)
    used(cast.alpha, 1, CENT)
    used(cast.alpha, datetime(2026, 10, 31, tzinfo=UTC).date())
    answer = with_key(cast.alice, "usage:read", is_service_key=True).get("/usage")
    assert (answer["since"], answer["until"], answer["source"]) == ("2026-11-01", "2026-11-21", "metered")
    assert answer["items"][1] == {
        "day": "2026-11-02",
        "model": "anthropic/claude-sonnet-5",
        "key_id": "key_1",
        "person_id": cast.carol.pk,
        "requests": 4,
        "quarantined": 0,
        "tokens": {
            "input": 7,
            "cache_read": 2,
            "cache_write_5m": 0,
            "cache_write_1h": 0,
            "output": 0,
            "reasoning": 0,
        },
        "cost_micro_cents": 3 * CENT,
        "charged_micro_cents": 0,
        "carried_micro_cents": 0,
    }
    assert answer["totals"]["cost_micro_cents"] == 4 * CENT
    assert (answer["items"][0]["key_id"], answer["items"][0]["person_id"]) == (None, None)


def test_pages_go_on_where_they_ended_and_totals_are_of_all(cast: Cast, with_key: MakeProgram) -> None:
    for number in range(7):
        used(cast.alpha, number // 3 + 1, (number + 1) * CENT, model=f"m{number}")
    program = with_key(cast.alice, "usage:read", is_service_key=True)
    found: list[int] = []
    address = "/usage?limit=2"
    while address:
        answer = program.get(address)
        found += costs(answer)
        assert answer["totals"]["cost_micro_cents"] == 28 * CENT
        address = (answer["next"] or "").partition("/api/v1")[2]
    assert found == [number * CENT for number in range(1, 8)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("model=a", [1]),
        ("person=usr_1", [2]),
        ("key=key_1", [3]),
        ("source=reported", [4]),
        ("since=2026-11-06", [5]),
        ("since=2026-11-05&until=2026-11-06", [1, 2, 3]),
        ("model=none", []),
    ],
)
def test_filters(cast: Cast, with_key: MakeProgram, query: str, expected: list[int]) -> None:
    used(cast.alpha, 5, 1, model="a")
    used(cast.alpha, 5, 2, member_id="usr_1")
    used(cast.alpha, 5, 3, key_id="key_1")
    used(cast.alpha, 5, 4, source="reported")
    used(cast.alpha, 6, 5)
    assert costs(with_key(cast.alice, "usage:read", is_service_key=True).get(f"/usage?{query}")) == expected


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("since=2026-11-06&until=2026-11-06", "until"),
        ("since=2025-01-01", "since"),
        ("since=x", "since"),
        ("source=guess", "source"),
        ("after=1", "after"),
        ("after=20260230.1", "after"),
        ("limit=101", "limit"),
        ("model=" + "m" * 191, "model"),
    ],
)
def test_what_is_no_filter_is_refused_by_field(cast: Cast, with_key: MakeProgram, query: str, field: str) -> None:
    response = with_key(cast.alice, "usage:read")("GET", f"/usage?{query}")
    assert code_of(response)[1] == "fields_invalid"
    assert list(response.json()["error"]["fields"]) == [field]


def test_member_and_their_key_read_their_own_whatever_they_ask(
    cast: Cast, with_key: MakeProgram, from_page: FromPage
) -> None:
    used(cast.alpha, 5, 1, member_id=cast.carol.pk)
    used(cast.alpha, 5, 2, member_id=cast.bob.pk)
    for caller in (from_page(cast.carol), with_key(cast.carol, "usage:read")):
        assert costs(caller.get(USAGE)) == [1]
        assert costs(caller.get(f"{USAGE}&person={cast.bob.pk}")) == []
    for caller in (from_page(cast.bob), with_key(cast.bob, "usage:read")):
        assert costs(caller.get(USAGE)) == [1, 2]


def test_key_of_one_who_became_a_member_reads_their_own_from_then_on(cast: Cast, with_key: MakeProgram) -> None:
    used(cast.alpha, 5, 2)
    program = with_key(cast.bob, "usage:read")
    assert costs(program.get("/usage")) == [2]
    membership = cast.membership(cast.bob)
    membership.role = "member"
    membership.save()
    assert costs(program.get("/usage")) == []
    assert code_of(program("GET", "/balance")) == (403, "forbidden")


def test_key_without_the_scope_reads_what_was_used_through_it_and_its_rotation(
    cast: Cast, with_key: MakeProgram
) -> None:
    program = with_key(cast.alice, "sync:read")
    key = APIKey.objects.get()
    used(cast.alpha, 5, 1, key_id=key.pk)
    used(cast.alpha, 5, 2, key_id="key_other")
    assert costs(program.get("/usage")) == [1]
    APIKey.objects.update(root_id="key_other")
    assert costs(program.get("/usage")) == [2]
    assert code_of(program("GET", "/balance")) == (403, "forbidden")


@pytest.mark.parametrize("path", ["/usage", "/limits", "/balance"])
def test_person_names_the_workspace(cast: Cast, from_page: FromPage, path: str) -> None:
    response = from_page(cast.alice)("GET", path)
    assert (code_of(response), list(response.json()["error"]["fields"])) == ((422, "fields_invalid"), ["workspace"])
    assert from_page(cast.alice)("GET", f"{path}?workspace={cast.alpha.pk}").status_code == 200


def test_limits_say_what_is_set_used_held_and_left(cast: Cast, with_key: MakeProgram) -> None:
    program = with_key(cast.carol, "sync:read")
    key = APIKey.objects.get()
    APIKey.objects.update(monthly_limit=9)
    account = BillingAccount.objects.get(workspace=cast.alpha)
    BillingAccount.objects.filter(pk=account.pk).update(
        month=202611, month_used=70, month_reserved=20, monthly_limit=100
    )
    for scope, name, month in (("member", cast.carol.pk, 202611), ("key", key.pk, 202611), ("key", key.pk, 202610)):
        LimitCounter.objects.create(account=account, scope=scope, scope_id=name, month=month, used=month - 202600)
    items = program.get("/limits")["items"]
    assert [(item["bound"], item["id"]) for item in items] == [
        ("workspace", cast.alpha.pk),
        ("member", cast.carol.pk),
        ("key", key.pk),
    ]
    assert items[0] == {
        "bound": "workspace",
        "id": cast.alpha.pk,
        "limit_micro_cents": 100,
        "used_micro_cents": 70,
        "held_micro_cents": 20,
        "left_micro_cents": 10,
        "resets_at": "2026-12-01T00:00:00Z",
    }
    assert (items[1]["limit_micro_cents"], items[1]["used_micro_cents"], items[1]["left_micro_cents"]) == (
        None,
        11,
        None,
    )
    assert (items[2]["limit_micro_cents"], items[2]["used_micro_cents"], items[2]["left_micro_cents"]) == (9, 11, 0)


def test_new_month_has_used_nothing_before_its_first_request(cast: Cast, with_key: MakeProgram) -> None:
    BillingAccount.objects.update(month=202610, month_used=70, month_reserved=20, monthly_limit=100)
    (first, *_) = with_key(cast.carol, "sync:read").get("/limits")["items"]
    assert (first["used_micro_cents"], first["held_micro_cents"], first["left_micro_cents"]) == (0, 0, 100)


def test_person_reads_their_limit_and_those_of_their_keys(
    cast: Cast, with_key: MakeProgram, from_page: FromPage
) -> None:
    with_key(cast.carol, "sync:read")
    with_key(cast.bob, "sync:read")
    items = from_page(cast.carol).get(LIMITS)["items"]
    assert [item["bound"] for item in items] == ["workspace", "member", "key"]


def test_rotated_keys_share_the_newest_ones_limit(cast: Cast, with_key: MakeProgram, from_page: FromPage) -> None:
    for _ in range(2):
        with_key(cast.carol, "sync:read")
    old, new = APIKey.objects.order_by("pk")
    APIKey.objects.filter(pk=new.pk).update(root_id=old.pk, monthly_limit=5)
    *_, key = from_page(cast.carol).get(LIMITS)["items"]
    assert (key["id"], key["limit_micro_cents"]) == (old.pk, 5)


@pytest.mark.parametrize(("funding", "free"), [("prepaid", 40), ("postpaid", None)])
def test_balance(cast: Cast, from_page: FromPage, funding: str, free: int | None) -> None:
    BillingAccount.objects.update(balance=60, reserved=20, funding=funding)
    assert from_page(cast.bob).get(BALANCE) == {
        "funding": funding,
        "balance_micro_cents": 60,
        "held_micro_cents": 20,
        "free_micro_cents": free,
        "is_frozen": False,
    }


def test_member_reads_no_balance(cast: Cast, from_page: FromPage) -> None:
    assert code_of(from_page(cast.carol)("GET", BALANCE)) == (403, "forbidden")


def test_key_reads_no_other_workspace(cast: Cast, with_key: MakeProgram) -> None:
    program = with_key(cast.alice, "usage:read")
    assert [code_of(program("GET", f"{path}?workspace=gamma"))[0] for path in ("/usage", "/limits", "/balance")] == [
        404,
        404,
        404,
    ]

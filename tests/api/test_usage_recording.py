"""`POST /usage`: a thousand items at once, each stored once, priced, bounded by limits, or put aside."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError

from accounts.models import User
from billing.ledger.facts import Scope
from billing.models import BillingAccount, LimitCounter, QuarantinedRequest, Usage, UsageRollup
from billing.services.budgets import budget_set
from billing.services.prices import prices_prepare
from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from tests.api.conftest import MakeProgram, Program, code_of
from tests.cast import Cast
from tests.support.devices import device_of
from workspaces.models import APIKey

FromPage = Callable[[User], Program]
BODY = {"input_tokens": 1000, "output_tokens": 100}
MODEL = "anthropic/claude-sonnet-4-5"
COST = 450_000
CORPUS = Path(__file__).parent.parent / "billing" / "data" / "usage_corpus.jsonl"


@pytest.fixture(autouse=True)
def _prices(db: None) -> None:
    prices_prepare()


@pytest.fixture
def program(cast: Cast, with_key: MakeProgram) -> Program:
    """A program with carol's key."""
    return with_key(cast.carol, "usage:write")


def item(name: str = "req_1", **others: Any) -> dict[str, Any]:
    return {"id": name, "format": "anthropic", "model": MODEL, "usage": BODY, **others}


def post(program: Program, *items: dict[str, Any], path: str = "/usage") -> list[dict[str, Any]]:
    response = program("POST", path, {"items": list(items)})
    assert response.status_code == 200, response.content
    found: list[dict[str, Any]] = response.json()["items"]
    return found


def answers(found: list[dict[str, Any]]) -> list[str]:
    return [each["answer"] for each in found]


def test_item_is_priced_stored_and_rolled_up_for_the_keys_person(cast: Cast, program: Program) -> None:
    assert post(program, item()) == [
        {
            "id": "req_1",
            "answer": "stored",
            "cost_micro_cents": COST,
            "charged_micro_cents": COST,
            "carried_micro_cents": 0,
            "quarantined": None,
            "over_limit": None,
        }
    ]
    row = UsageRollup.objects.get()
    assert (row.member_id, row.key_id, row.cost, row.own_cost) == (
        cast.carol.pk,
        APIKey.objects.get().pk,
        COST,
        COST,
    )
    assert BillingAccount.objects.get(workspace=cast.alpha).balance == 0


def test_repeats_and_others_under_the_same_id_are_told_apart(program: Program) -> None:
    assert answers(post(program, item(), item(), item(usage={**BODY, "input_tokens": 1}))) == [
        "stored",
        "duplicate",
        "conflict",
    ]
    again = post(program, item(), item("req_2"))
    assert answers(again) == ["duplicate", "stored"]
    assert again[0]["cost_micro_cents"] == COST
    assert Usage.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"format": "telepathy"}, "format_unknown"),
        ({"usage": {"input_tokens": -1, "output_tokens": 1}}, "count_negative"),
        ({"usage": {"input_tokens": 1.5, "output_tokens": 1}}, "count_not_integer"),
        ({"usage": {"input_tokens": 10**30, "output_tokens": 1}}, "count_too_large"),
        ({"usage": {"output_tokens": 1}}, "count_missing"),
        ({"usage": "many"}, "body_malformed"),
        ({"usage": None}, "body_malformed"),
        ({"model": "nobody/knows-it"}, "model_without_price"),
    ],
)
def test_what_cannot_be_priced_is_kept_and_costs_nothing(program: Program, change: Any, code: str) -> None:
    (one, other) = post(program, item(**change), item("req_2"))
    assert (one["answer"], one["quarantined"], one["cost_micro_cents"]) == ("quarantined", code, 0)
    assert other["answer"] == "stored"
    assert QuarantinedRequest.objects.get().code == code
    assert sum(UsageRollup.objects.values_list("quarantined", flat=True)) == 1
    assert answers(post(program, item(**change))) == ["duplicate"]


@pytest.mark.parametrize(
    ("usage_text", "code"),
    [("NaN", "body_malformed"), ('{"input_tokens": NaN, "output_tokens": 1}', "count_not_integer")],
)
def test_numbers_that_are_none_are_put_aside(program: Program, usage_text: str, code: str) -> None:
    body = json.dumps({"items": [item()]}).replace(json.dumps(BODY), usage_text).encode()
    response = program("POST", "/usage", body)
    assert response.json()["items"][0]["quarantined"] == code


def test_every_recorded_body_is_taken(program: Program) -> None:
    bodies = [json.loads(line) for line in CORPUS.read_text().splitlines()]
    items = [
        item(f"req_{place}", format=body["format"], usage=body["usage"], model=body["model"] or MODEL)
        for place, body in enumerate(bodies)
    ]
    found = post(program, *items)
    unpriced = {"model_without_price", "context_without_price", "class_without_price", "unit_without_price"}
    others = [each for each in found if each["answer"] != "stored" and each["quarantined"] not in unpriced]
    assert others == []


def test_a_thousand_of_the_largest_recorded_bodies_fit(program: Program, django_assert_max_num_queries: Any) -> None:
    bodies = [json.loads(line) for line in CORPUS.read_text().splitlines()]
    largest = max(bodies, key=lambda body: len(json.dumps(body["usage"])))
    items = [
        item(f"req_{place:060}", format=largest["format"], usage=largest["usage"], session_id="s" * 64)
        for place in range(1000)
    ]
    with django_assert_max_num_queries(150):
        found = post(program, *items)
    assert len(found) == Usage.objects.values("request_id").distinct().count() == 1000


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": ""}, "items.0.id"),
        ({"id": "i" * 65}, "items.0.id"),
        ({"id": "a b"}, "items.0.id"),
        ({"id": "a\n"}, "items.0.id"),
        ({"format": "f" * 41}, "items.0.format"),
        ({"model": ""}, "items.0.model"),
        ({"model": "m" * 191}, "items.0.model"),
        ({"model": "a\u0000b"}, "items.0.model"),
        ({"at": "2020-01-01T00:00:00Z"}, "items.0.at"),
        ({"at": "2026-01-01T00:00:00"}, "items.0.at"),
        ({"units": {"web_search": -1}}, "items.0.units.web_search"),
        ({"units": {"web_search": 1.5}}, "items.0.units.web_search"),
        ({"units": {f"u{n}": 1 for n in range(11)}}, "items.0.units"),
        ({"context": {"speed": "f" * 61}}, "items.0.context.speed"),
        ({"session_id": "s" * 65}, "items.0.session_id"),
        ({"session_id": "a b"}, "items.0.session_id"),
        ({"cost": 4}, "items.0.cost"),
        ({"person_id": "usr_1"}, "items.0.person_id"),
    ],
)
def test_items_that_are_none_are_refused_by_field_and_nothing_is_stored(
    program: Program, change: Any, field: str
) -> None:
    response = program("POST", "/usage", {"items": [item(**change), item("req_2")]})
    assert code_of(response) == (422, "fields_invalid")
    assert field in response.json()["error"]["fields"]
    assert not Usage.objects.exists()


@pytest.mark.parametrize("count", [0, 1001])
def test_batches_hold_one_to_a_thousand(program: Program, count: int) -> None:
    response = program("POST", "/usage", {"items": [item(f"req_{place}") for place in range(count)]})
    assert (code_of(response)[0], list(response.json()["error"]["fields"])) == (422, ["items"])


def test_time_of_the_answer_decides_the_day_and_the_future_is_now(program: Program) -> None:
    yesterday = utc_now() - timedelta(days=1)
    ahead = utc_now() + timedelta(days=300)
    post(program, item(at=yesterday.isoformat()), item("req_2", at=ahead.isoformat()))
    days = set(UsageRollup.objects.values_list("day", flat=True))
    assert days == {yesterday.date(), utc_now().date()}


def test_over_a_limit_it_is_stored_all_the_same_and_says_so(cast: Cast, program: Program) -> None:
    budget_set(workspace_id=cast.alpha.pk, monthly_limit=COST + 1000, actor=THE_CONSOLE)
    (first, second) = post(program, item(), item("req_2"))
    assert (first["over_limit"], second["answer"]) == (None, "stored")
    assert (second["charged_micro_cents"], second["carried_micro_cents"]) == (1000, COST - 1000)
    over = second["over_limit"]
    assert (over["bound"], over["limit_micro_cents"], over["used_micro_cents"]) == ("workspace", COST + 1000, COST)
    assert datetime.fromisoformat(over["resets_at"]).astimezone(UTC).day == 1


def test_limits_of_the_member_and_the_rotation_are_counted(cast: Cast, program: Program) -> None:
    APIKey.objects.update(root_id="key_first")
    post(program, item())
    counted = set(LimitCounter.objects.values_list("scope", "scope_id", "used"))
    assert counted == {(Scope.MEMBER.value, cast.carol.pk, COST), (Scope.KEY.value, "key_first", COST)}


def test_key_of_the_workspace_says_whose_it_was(cast: Cast, with_key: MakeProgram) -> None:
    program = with_key(cast.alice, "usage:write", is_service_key=True)
    post(program, item(person_id=cast.bob.pk), item("req_2"))
    assert set(UsageRollup.objects.values_list("member_id", flat=True)) == {cast.bob.pk, ""}
    response = program("POST", "/usage", {"items": [item("req_3"), item("req_4", person_id=cast.charlie.pk)]})
    assert list(response.json()["error"]["fields"]) == ["items.1.person_id"]


def test_persons_key_records_for_nobody_else(cast: Cast, program: Program) -> None:
    response = program("POST", "/usage", {"items": [item(person_id=cast.alice.pk)]})
    assert code_of(response) == (422, "fields_invalid")
    assert answers(post(program, item(person_id=cast.carol.pk))) == ["stored"]


@pytest.mark.parametrize("scope", ["usage:read", "sync:write", "models"])
def test_key_needs_the_scope(cast: Cast, with_key: MakeProgram, scope: str) -> None:
    response = with_key(cast.carol, scope)("POST", "/usage", {"items": [item()]})
    assert code_of(response) == (403, "scope_missing")


def test_person_and_their_agent_record_their_own_in_a_named_workspace(cast: Cast, from_page: FromPage) -> None:
    agent = Program(from_page(cast.carol).client, device_of(cast.carol).bearer)
    path = "/usage?workspace=alpha"
    assert answers(post(from_page(cast.carol), item(), path=path)) == ["stored"]
    assert answers(post(agent, item("req_2"), path=path)) == ["stored"]
    assert set(UsageRollup.objects.values_list("member_id", "key_id")) == {(cast.carol.pk, "")}
    assert code_of(agent("POST", "/usage", {"items": [item()]})) == (422, "fields_invalid")


def test_database_that_fails_answers_503_and_the_repeat_stores_each_once(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("billing.services.usage.ledger_execute_all", _fail)
        assert code_of(program("POST", "/usage", {"items": [item()]})) == (503, "ledger_unavailable")
    assert answers(post(program, item())) == ["stored"]


def _fail(_works: Any) -> Any:
    raise DatabaseError


def test_ids_belong_to_a_workspace(cast: Cast, program: Program, with_key: MakeProgram) -> None:
    post(program, item())
    other = with_key(cast.charlie, "usage:write", workspace=cast.gamma)
    assert answers(post(other, item())) == ["stored"]


def test_deeply_nested_bodies_cost_nothing(program: Program) -> None:
    nested = "[" * 5000 + "]" * 5000
    body = json.dumps({"items": [item()]}).replace(json.dumps(BODY), nested).encode()
    response = program("POST", "/usage", body)
    assert response.status_code in {200, 400, 422}

"""What a message says its model cost: which forms are read, and what cannot be a cost."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from billing.pricing.classes import Tokens
from opencode.lib.money import from_dollars
from sync.protocol.reported import COST_MAX, ReportedCost, reported_cost, reported_extract
from tests.contract.recordings import NEWER, batches_of
from tests.support.messages import NOON, assistant

NOW = datetime(2026, 11, 29, tzinfo=UTC)
NOONS = datetime(2026, 11, 22, 12, tzinfo=UTC)
OLDEST = {
    "id": "msg_1",
    "role": "assistant",
    "parts": [],
    "metadata": {
        "time": {"created": NOON},
        "assistant": {"providerID": "anthropic", "modelID": "claude-sonnet-4", "cost": 0.25, "tokens": {"input": 9}},
    },
}


def read(message: Any) -> ReportedCost | None:
    return reported_cost(json.dumps(message), now=NOW)


def read_one(message: Any) -> ReportedCost:
    cost = read(message)
    assert cost is not None
    return cost


def test_message_reports_cost_tokens_model_and_its_own_time() -> None:
    cost = read_one(assistant(2.2e-05))
    assert (cost.model, cost.at, cost.cost) == ("anthropic/claude-sonnet-5", NOONS, 2200)
    assert cost.tokens == Tokens(input=100, output=20, reasoning=5, cache_read=7, cache_write_5m=3)
    assert cost.same_as
    assert cost.refused == ""


def test_oldest_agents_keep_it_in_their_metadata() -> None:
    cost = read_one(OLDEST)
    assert (cost.model, cost.at, cost.cost, cost.tokens.input) == (
        "anthropic/claude-sonnet-4",
        NOONS,
        25_000_000,
        9,
    )


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "cost": 5, "time": {"created": NOON}},
        assistant(0, tokens={"input": 0}),
        assistant(None, tokens=None),
        {"role": "assistant"},
        [],
        "text",
    ],
)
def test_message_without_a_cost_reports_nothing(message: Any) -> None:
    assert read(message) is None


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (assistant(-0.01), "cost_malformed"),
        (assistant("0.5"), "cost_malformed"),
        (assistant(True), "cost_malformed"),
        (assistant([1]), "cost_malformed"),
        (assistant(10_000.01), "cost_too_large"),
        (assistant(10**300), "cost_too_large"),
        (assistant(1e300), "cost_too_large"),
        (assistant(time={}), "time_malformed"),
        (assistant(created=5), "time_malformed"),
        (assistant(created=int(NOW.timestamp() * 1000) + 2 * 86_400_000), "time_malformed"),
        (assistant(created=2**52), "time_malformed"),
        (assistant(time={"created": -3}), "time_malformed"),
        (assistant(time="noon"), "time_malformed"),
    ],
)
def test_absurd_costs_and_times_are_left_out_under_a_code(message: Any, code: str) -> None:
    cost = read_one(message)
    assert (cost.refused, cost.cost, cost.tokens) == (code, 0, Tokens())


def test_largest_cost_is_counted() -> None:
    assert read_one(assistant(10_000)).cost == COST_MAX


@pytest.mark.parametrize(
    "content", ['{"role": "assistant", "cost": NaN}', '{"role": "assistant", "cost": -1e999}', "{"]
)
def test_text_that_is_no_strict_json_is_no_cost(content: str) -> None:
    assert reported_cost(content, now=NOW) is None


def test_absurd_token_counts_count_nothing_and_leave_the_cost() -> None:
    cost = read_one(assistant(0.5, tokens={"input": 10**9, "output": -4, "cache": {"read": "many"}}))
    assert (cost.cost, cost.tokens) == (50_000_000, Tokens())


def test_copies_of_a_finished_message_are_the_same_whatever_their_ids() -> None:
    fork = assistant(id="msg_other", sessionID="ses_other", parentID="msg_x")
    assert read_one(assistant()).same_as == read_one(fork).same_as


@pytest.mark.parametrize(
    "other",
    [
        assistant(0.51),
        assistant(created=NOON + 1),
        assistant(modelID="claude-opus-5"),
        assistant(time={"created": NOON, "completed": NOON + 901}),
    ],
)
def test_another_message_is_not_the_same(other: Any) -> None:
    assert read_one(assistant()).same_as != read_one(other).same_as


def test_running_message_has_no_copies_yet() -> None:
    assert read_one(assistant(time={"created": NOON})).same_as == ""


@pytest.mark.parametrize("message", [assistant(), OLDEST, assistant(-4)])
def test_extract_reports_the_same_and_holds_no_text(message: dict[str, Any]) -> None:
    extract = reported_extract(json.dumps({**message, "summary": "a secret", "path": {"cwd": "/srv/carol"}}))
    assert reported_cost(extract, now=NOW) == read(message)
    assert "secret" not in extract
    assert "carol" not in extract


@pytest.mark.parametrize("message", [{"role": "user", "cost": 4}, {"role": "assistant"}, 3])
def test_nothing_is_extracted_from_a_message_without_a_cost(message: Any) -> None:
    assert reported_extract(json.dumps(message)) == ""


def test_extract_is_bounded() -> None:
    assert reported_extract(json.dumps(assistant(modelID="m" * 20_000))) == ""


@pytest.mark.parametrize("name", NEWER)
def test_recorded_messages_add_up_to_what_their_steps_cost(name: str) -> None:
    newest = {
        (item["type"], item["data"]["id"]): item["data"]
        for batch in batches_of(name)
        for item in batch
        if "id" in item["data"]
    }
    steps = {data["id"]: data["cost"] for (kind, _), data in newest.items() if data.get("type") == "step-finish"}
    costs = [read(data) for (kind, _), data in newest.items() if kind == "message"]
    assert sum(cost.cost for cost in costs if cost) == sum(map(from_dollars, steps.values())) > 0

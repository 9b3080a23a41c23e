"""Stale items stay out, repeats change nothing, and in whatever order batches land the newest values remain."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.items.items import item_of_entry
from sync.items.merge import merge
from sync.protocol.jsontext import Decoded, encode
from sync.protocol.updates import Stored
from tests.contract.recordings import NEWER, batches_of, session_id_of
from tests.unit.sync.items.batches import SESSION, Entries, message, opened, part, session

INFO = "session/info/{0}"
DIFF = "session/diff/{0}"
MODEL = "session/model/{0}"
MESSAGE = "session/message/{0}/msg_1"
PART = "session/part/{0}/msg_1/prt_1"


def tool(status: str, **state: Any) -> dict[str, Any]:
    return part("prt_1", type="tool", tool="bash", state={"status": status, **state})


def text(words: str, **time: int) -> dict[str, Any]:
    return part("prt_1", type="text", text=words, **({"time": time} if time else {}))


def test_an_older_session_info_stays_out() -> None:
    entries = Entries()
    entries.sync([session(20, title="new")])
    assert entries.sync([session(10, title="old")]) == 0
    assert entries.value(INFO)["title"] == "new"


def test_a_completed_message_never_goes_back() -> None:
    entries = Entries()
    entries.sync([session(10), message("msg_1", role="assistant", time={"created": 1, "completed": 9})])
    assert entries.sync([message("msg_1", role="assistant", time={"created": 1})]) == 0
    entries.sync([session(99), message("msg_1", role="assistant", time={"created": 1})])
    assert entries.value(MESSAGE)["time"] == {"created": 1, "completed": 9}


def test_a_completed_message_takes_a_later_completion() -> None:
    entries = Entries()
    entries.sync([message("msg_1", role="assistant", time={"created": 1, "completed": 9}, finish="a")])
    entries.sync([message("msg_1", role="assistant", time={"created": 1, "completed": 11}, finish="b")])
    assert entries.value(MESSAGE)["finish"] == "b"


@pytest.mark.parametrize("finished", ["completed", "error"])
@pytest.mark.parametrize("earlier", ["pending", "running", "something new"])
def test_a_finished_tool_never_goes_back(finished: str, earlier: str) -> None:
    entries = Entries()
    entries.sync([session(5), tool(finished, output="done", time={"start": 1, "end": 4})])
    assert entries.sync([session(50), tool(earlier)]) == 1  # the session's info alone
    assert entries.value(PART)["state"]["status"] == finished


def test_a_running_tool_never_goes_back_to_pending_and_may_change() -> None:
    entries = Entries()
    entries.sync([tool("running", title="one")])
    assert entries.sync([tool("pending")]) == 0
    assert entries.sync([tool("running", title="two")]) == 1
    assert entries.value(PART)["state"]["title"] == "two"


def test_a_finished_tool_may_be_compacted_later() -> None:
    entries = Entries()
    entries.sync([tool("completed", output="long", time={"start": 1, "end": 4})])
    entries.sync([tool("completed", output="", time={"start": 1, "end": 4, "compacted": 90})])
    entries.sync([tool("completed", output="long", time={"start": 1, "end": 4})])
    assert entries.value(PART)["state"]["output"] == ""


@pytest.mark.parametrize("stale", [text("", start=1), text("half", start=1), text("", start=1, end=8), text("half")])
def test_a_whole_text_never_goes_back(stale: dict[str, Any]) -> None:
    entries = Entries()
    entries.sync([session(5), text("whole", start=1, end=4)])
    entries.sync([session(50), stale])
    assert entries.value(PART)["text"] == "whole"


def test_items_without_a_clock_take_the_batchs() -> None:
    newer = [session(20), {"type": "session_diff", "data": [{"file": "b"}]}, message("msg_1", summary={"diffs": [1]})]
    older = [session(10), {"type": "session_diff", "data": [{"file": "a"}]}, message("msg_1", summary={"diffs": []})]
    entries = Entries()
    entries.sync(newer)
    assert entries.sync(older) == 0
    assert entries.value(DIFF) == [{"file": "b"}]
    assert entries.value(MESSAGE)["summary"] == {"diffs": [1]}


def test_a_repeated_value_is_remembered_as_the_later_word() -> None:
    def diff(updated: int, *files: str) -> list[dict[str, Any]]:
        return [session(updated), {"type": "session_diff", "data": list(files)}]

    entries = Entries()
    entries.sync(diff(10))
    entries.sync(diff(30))
    entries.sync(diff(20, "stale"))
    assert entries.value(DIFF) == []


def test_without_any_clock_the_last_to_arrive_stays() -> None:
    entries = Entries()
    entries.sync([part("prt_1", type="patch", hash="a")])
    entries.sync([part("prt_1", type="patch", hash="b")])
    assert entries.value(PART)["hash"] == "b"


def test_a_repeat_changes_nothing_whatever_the_order_of_its_fields() -> None:
    entries = Entries()
    batch = [session(10), text("whole", start=1, end=4), {"type": "model", "data": [{"id": "m", "providerID": "p"}]}]
    assert entries.sync(batch) == 3
    turned = [{"type": item["type"], "data": _turned(item["data"])} for item in batch]
    assert [entries.sync(batch), entries.sync(turned)] == [0, 0]


def _turned(data: Any) -> Any:
    return dict(reversed(data.items())) if isinstance(data, dict) else [_turned(value) for value in data]


def test_of_one_key_twice_in_a_batch_the_newer_stands() -> None:
    entries = Entries()
    entries.sync([session(10), text("whole", start=1, end=4), text("", start=1)])
    assert entries.value(PART)["text"] == "whole"


def test_models_are_merged_by_provider_and_id() -> None:
    entries = Entries()
    entries.sync([session(10), {"type": "model", "data": [{"id": "a", "providerID": "p", "name": "A"}]}])
    entries.sync(
        [session(20), {"type": "model", "data": [{"id": "b", "providerID": "p"}, {"id": "a", "providerID": "q"}]}]
    )
    entries.sync([session(30), {"type": "model", "data": []}])
    entries.sync([session(40), {"type": "model", "data": [{"id": "a", "providerID": "p", "name": "A2"}]}])
    entries.sync([session(15), {"type": "model", "data": [{"id": "a", "providerID": "p", "name": "stale"}]}])
    assert entries.value(MODEL) == [
        {"id": "a", "providerID": "p", "name": "A2"},
        {"id": "b", "providerID": "p"},
        {"id": "a", "providerID": "q"},
    ]


def test_models_that_would_grow_too_large_leave_what_is_stored() -> None:
    item = item_of_entry("session/model/s", "model", Decoded([{"id": "b"}], '[{"id":"b"}]'), 10_000)
    assert item is not None
    assert merge(item, Stored('[{"id":"a"}]', 0, False), 14) is None


def test_a_deleted_entry_comes_back_when_the_agent_sends_it_again() -> None:
    (item,) = opened(text("whole", start=1, end=4)).items
    update = merge(item, Stored("", 0, True), 10_000)
    assert update is not None
    assert update.content == item.content


@pytest.mark.parametrize("clock", [10**30, -5, True, "12", None, 1.5e300, [1]])
def test_a_time_that_is_none_counts_as_no_time(clock: Any) -> None:
    batch = opened({"type": "session", "data": {"id": SESSION, "time": {"updated": clock}}})
    assert batch.items[0].clock.ms is None


@pytest.mark.parametrize("recording", NEWER)
@given(seed=st.integers(0, 2**32), doubled=st.lists(st.integers(0, 7), max_size=4))
@settings(max_examples=60, deadline=None)
def test_any_order_and_doubling_of_recorded_batches_ends_in_the_newest_state(
    recording: str, seed: int, doubled: list[int]
) -> None:
    batches = batches_of(recording)
    in_order = Entries(session_id_of(recording))
    for batch in sorted(batches, key=_updated):
        in_order.sync(batch)
    shuffled = [*batches, *(batches[place % len(batches)] for place in doubled)]
    random.Random(seed).shuffle(shuffled)
    any_order = Entries(session_id_of(recording))
    for batch in shuffled:
        any_order.sync(batch)
    assert any_order.values == in_order.values


def _updated(batch: list[dict[str, Any]]) -> int:
    return next(item["data"]["time"]["updated"] for item in batch if item["type"] == "session")


@given(
    st.lists(
        st.tuples(st.integers(1, 40), st.sampled_from(["pending", "running", "completed"]), st.sampled_from("abc")),
        min_size=1,
        max_size=6,
        unique_by=lambda step: step[0],
    ),
    st.randoms(use_true_random=False),
)
def test_whatever_the_order_the_state_is_the_same(steps: list[tuple[int, str, str]], rng: random.Random) -> None:
    batches = [
        [session(ms, title=name), {"type": "session_diff", "data": [name]}, tool(status, title=name, time={"end": ms})]
        for ms, status, name in steps
    ]
    first, second = Entries(), Entries()
    for batch in batches:
        first.sync(batch)
    rng.shuffle(batches)
    for batch in batches:
        second.sync(batch)
    assert second.values == first.values
    assert sum(second.sync(batch) for batch in batches) == 0


def test_encode_is_compact() -> None:
    assert encode({"a": [1, "é"]}) == '{"a":[1,"é"]}'

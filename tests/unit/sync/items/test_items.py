"""Each item of a batch stands on its own: what can be kept is kept, under its key, free of secrets."""

import json
from typing import Any

import pytest

from sync.items.items import item_of_entry
from sync.protocol.jsontext import Decoded, encode
from tests.unit.sync.items.batches import SESSION, message, opened, part, session


@pytest.mark.parametrize(
    ("type_", "data", "key"),
    [
        ("session", {"id": SESSION}, "session/info/ses_1"),
        ("message", {"id": "msg_1", "sessionID": SESSION}, "session/message/ses_1/msg_1"),
        ("message", {"id": "msg_1"}, "session/message/ses_1/msg_1"),
        ("part", {"id": "prt_1", "messageID": "msg_1"}, "session/part/ses_1/msg_1/prt_1"),
        ("session_diff", [], "session/diff/ses_1"),
        ("model", [], "session/model/ses_1"),
        ("todo", {"id": "tdo_1"}, "session/todo/ses_1/tdo_1"),
        ("todo", ["no", "id"], "session/todo/ses_1"),
        ("weather", "sunny", "session/weather/ses_1"),
        ("info", {"id": "x"}, "session/item:info/ses_1/x"),
    ],
)
def test_every_item_type_has_its_key(type_: str, data: Any, key: str) -> None:
    batch = opened({"type": type_, "data": data})
    assert [item.key for item in batch.items] == [key]


@pytest.mark.parametrize(
    "bad",
    [
        5,
        "text",
        None,
        [],
        {"type": "message"},
        {"data": {"id": "msg_9"}},
        {"type": 7, "data": {}},
        {"type": "", "data": {}},
        {"type": "a b", "data": {}},
        {"type": "a/b", "data": {}},
        {"type": "message", "data": "text"},
        {"type": "message", "data": {"id": "msg/9"}},
        {"type": "message", "data": {"id": "msg 9"}},
        {"type": "message", "data": {"id": 9}},
        {"type": "message", "data": {"id": ""}},
        {"type": "message", "data": {"id": "m" * 129}},
        {"type": "message", "data": {"id": "msg_9", "sessionID": "ses_other"}},
        {"type": "part", "data": {"id": "prt_1"}},
        {"type": "part", "data": {"id": "p/1", "messageID": "msg_1"}},
        {"type": "part", "data": {"id": "p" * 128, "messageID": "m" * 128}},
        {"type": "session", "data": {"id": "ses_other"}},
        {"type": "session", "data": []},
        {"type": "session_diff", "data": {}},
        {"type": "model", "data": None},
        b'{"type":"message","data":{"id":"msg_9"',
        b'{"type":"part","data":' + b"[" * 3000 + b"]" * 3000 + b"}",
    ],
)
def test_a_malformed_item_is_counted_and_costs_its_neighbours_nothing(bad: Any) -> None:
    batch = opened(message("msg_1"), bad, message("msg_2"))
    assert [item.key for item in batch.items] == ["session/message/ses_1/msg_1", "session/message/ses_1/msg_2"]
    assert batch.refused == 1


def test_an_unencodable_string_is_replaced_and_the_item_kept() -> None:
    batch = opened(b'{"type":"message","data":{"id":"msg_1","text":"a\\ud800b","n":1e999}}', message("msg_2"))
    assert batch.refused == 0
    assert json.loads(batch.items[0].content.encode()) == {"id": "msg_1", "text": "a\ufffdb", "n": None}


def test_models_lose_options_and_headers_wherever_they_are() -> None:
    model = {
        "id": "m",
        "providerID": "p",
        "options": {"apiKey": "k1"},
        "headers": {"authorization": "k2"},
        "variants": {"high": {"options": {"apiKey": "k3"}, "headers": {"x": "k4"}, "name": "high"}},
        "list": [{"headers": {"x": "k5"}}],
    }
    content = opened({"type": "model", "data": [model, "no model"]}).items[0].content
    assert json.loads(content) == [{"id": "m", "providerID": "p", "variants": {"high": {"name": "high"}}, "list": [{}]}]


def test_a_doubled_field_does_not_carry_a_secret_past_the_cleaning() -> None:
    doubled = b'{"type":"session","data":{"id":"ses_1","share":{"secret":"s3cret"},"share":{"url":"u"}}}'
    spelled = b'{"type":"session","data":{"id":"ses_1","share":{"url":"u","s\\u0065cret":"s3cret"}}}'
    contents = [opened(doubled).items[0].content, opened(spelled).items[0].content]
    assert [json.loads(content) for content in contents] == [{"id": SESSION}] * 2
    assert "s3cret" not in "".join(contents)


def test_an_older_message_that_carries_its_parts_is_kept_as_it_is() -> None:
    data = {
        "id": "msg_1",
        "role": "user",
        "parts": [{"type": "text", "text": "hi"}],
        "metadata": {"time": {"created": 1}},
    }
    item = item_of_entry("session/message/ses_1/msg_1", "message", Decoded(data, encode(data)), 10_000)
    assert item is not None
    assert json.loads(item.content) == data


LARGE = "x" * 20_000


@pytest.mark.parametrize(
    ("item", "kept"),
    [
        (
            part("prt_1", type="file", mime="image/png", url=LARGE),
            {"id": "prt_1", "messageID": "msg_1", "sessionID": SESSION, "type": "text"},
        ),
        (part("prt_1", type="tool", tool="bash", state={"status": "completed", "output": LARGE}), {"type": "text"}),
        (
            message("msg_1", role="user", time={"created": 5}, summary={"diffs": [LARGE]}),
            {"id": "msg_1", "role": "user", "time": {"created": 5}, "sessionID": SESSION},
        ),
        (session(7, title="t", extra=LARGE), {"id": SESSION, "title": "t", "time": {"created": 1, "updated": 7}}),
        ({"type": "todo", "data": {"id": "t1", "text": LARGE}}, {"id": "t1"}),
    ],
)
def test_an_oversized_item_becomes_a_placeholder_that_keeps_its_ids(item: Any, kept: dict[str, Any]) -> None:
    (placed,) = opened(item).items
    value = json.loads(placed.content)
    assert value["truncated"] is True
    assert {name: value[name] for name in kept} == kept
    assert len(placed.content) < 2000


def test_an_oversized_parts_placeholder_says_what_it_was_and_how_large() -> None:
    (placed,) = opened(part("prt_1", type="file", mime="image/png", url=LARGE)).items
    text = json.loads(placed.content)["text"]
    assert text.startswith("[item of 20")
    assert "not kept" in text
    assert "image/png" in text


def test_oversized_diffs_keep_their_file_names_and_models_their_ids() -> None:
    files = [{"file": f"f{n}", "patch": "x" * 3000, "additions": n, "deletions": 0} for n in range(5)]
    models = [{"id": f"m{n}", "providerID": "p", "description": "x" * 3000} for n in range(5)]
    diff, model = opened({"type": "session_diff", "data": files}, {"type": "model", "data": models}).items
    assert [file["file"] for file in json.loads(diff.content)] == ["f0", "f1", "f2", "f3", "f4"]
    assert [file["additions"] for file in json.loads(diff.content)] == [0, 1, 2, 3, 4]
    assert [entry["id"] for entry in json.loads(model.content)] == ["m0", "m1", "m2", "m3", "m4"]


def test_size_counts_bytes_not_characters() -> None:
    (kept,) = opened(part("prt_1", type="text", text="é" * 4000)).items
    (placed,) = opened(part("prt_1", type="text", text="é" * 6000), limit=10_000).items
    assert json.loads(kept.content)["text"] == "é" * 4000
    assert json.loads(placed.content)["truncated"] is True

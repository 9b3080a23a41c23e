"""From rows to a document in reading order, whatever the rows hold."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.protocol.legacy import modern_message
from sync.transcript.document import build_document
from tests.unit.sync.transcript.entries import CREATED, SESSION, message, part, row


def test_messages_are_ordered_by_time_then_id() -> None:
    rows = [
        message("msg_c", time={"created": 30}),
        message("msg_b", time={"created": 20}),
        message("msg_z", time={"created": 10}),
        message("msg_a", time={"created": 20}),
    ]
    assert [each.id for each in build_document(rows).messages] == ["msg_z", "msg_a", "msg_b", "msg_c"]


def test_parts_are_ordered_by_id_under_their_message() -> None:
    rows = [part("prt_2"), part("prt_1"), message(), part("prt_9", "msg_0"), message("msg_0", time={"created": 1})]
    document = build_document(rows)
    assert [[each.id for each in message.parts] for message in document.messages] == [["prt_9"], ["prt_1", "prt_2"]]


def test_a_part_whose_message_has_not_come_is_an_orphan() -> None:
    document = build_document([part("prt_1", "msg_late"), message("msg_1")])
    assert [each.id for each in document.orphans] == ["prt_1"]
    assert document.messages[0].parts == ()


def test_entries_of_kinds_not_known_are_kept_apart() -> None:
    document = build_document([row(f"session/todo/{SESSION}", []), row(f"session/todo/{SESSION}/a/b", 1)])
    assert [entry.name.kind for entry in document.others] == ["todo", "todo"]


@pytest.mark.parametrize("key", ["", "nonsense", "session/message/ses_1", "session/part/ses_1/msg_1", "session//x"])
def test_keys_that_are_not_ours_are_passed_over(key: str) -> None:
    document = build_document([row(key, {"id": "x"})])
    assert (document.messages, document.orphans, document.others) == ((), (), ())


@pytest.mark.parametrize("created", [None, "soon", -5, True, float("1e300"), [], {}])
def test_a_message_without_a_usable_time_comes_first_or_last_but_comes(created: object) -> None:
    document = build_document([message("msg_b"), message("msg_a", time={"created": created})])
    assert {each.id for each in document.messages} == {"msg_a", "msg_b"}
    assert all(len(each.head.order) == 16 + 1 + 5 for each in document.messages)


def test_text_that_is_not_json_reads_as_nothing() -> None:
    document = build_document([row(f"session/info/{SESSION}", "{broken"), row(f"session/message/{SESSION}/m", "[1")])
    assert document.info == {}
    assert document.messages[0].head.role == ""


def test_lone_surrogates_are_replaced() -> None:
    document = build_document([row(f"session/info/{SESSION}", '{"title": "a\\ud800b"}')])
    assert document.info["title"] == "a\ufffdb"


def test_messages_of_old_agents_read_as_those_of_today() -> None:
    old = {
        "id": "msg_1",
        "role": "assistant",
        "parts": [
            {"type": "text", "text": "hello"},
            {
                "type": "tool-invocation",
                "toolInvocation": {
                    "state": "result",
                    "toolCallId": "call_1",
                    "toolName": "bash",
                    "args": {"command": "ls"},
                    "result": "note.txt",
                },
            },
            {"type": "file", "mediaType": "image/png", "filename": "a.png", "url": "data:"},
        ],
        "metadata": {
            "time": {"created": CREATED, "completed": CREATED + 5},
            "sessionID": SESSION,
            "tool": {"call_1": {"title": "list files", "time": {"start": 1, "end": 3}}},
            "assistant": {"modelID": "fake-1", "providerID": "gw", "cost": 0.5},
        },
    }
    head = build_document([row(f"session/message/{SESSION}/msg_1", old)]).messages[0].head
    assert (head.model, head.order) == ("gw/fake-1", f"{CREATED:016d}:msg_1")
    data = modern_message(old)
    tool = data["parts"][1]
    assert (tool["tool"], tool["state"]["status"], tool["state"]["title"]) == ("bash", "completed", "list files")
    assert (tool["state"]["input"], tool["state"]["output"]) == ({"command": "ls"}, "note.txt")
    assert data["parts"][2]["mime"] == "image/png"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(st.tuples(st.sampled_from(["info", "message/m", "part/m/p", "diff", "model", "x"]), JSON)))
def test_no_content_is_too_odd_to_be_read(contents: list[tuple[str, object]]) -> None:
    rows = [
        row("/".join(["session", kind.split("/")[0], SESSION, *kind.split("/")[1:]]), json.dumps(content))
        for kind, content in contents
    ]
    document = build_document(rows)
    assert len(document.messages) <= len(rows)

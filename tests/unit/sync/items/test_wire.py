"""Stored entries read back in the agents' own forms."""

import json

from sync.items.wire import frame_text, items_text, tree_text

ROWS = [
    ("session/part/ses_1/msg_1/prt_2", '{"id":"prt_2","messageID":"msg_1"}'),
    ("session/todo/ses_1/t1", '{"id":"t1"}'),
    ("session/model/ses_1", '[{"id":"m","providerID":"p","options":{"apiKey":"k"}}]'),
    ("session/message/ses_1/msg_2", '{"id":"msg_2"}'),
    ("session/part/ses_1/msg_1/prt_1", '{"id":"prt_1","messageID":"msg_1"}'),
    ("session/part/ses_1/msg_9/prt_9", '{"id":"prt_9","messageID":"msg_9"}'),
    ("session/diff/ses_1", "[]"),
    ("session/message/ses_1/msg_1", '{"id":"msg_1"}'),
    ("session/item:info/ses_1", '"odd"'),
    ("session/info/ses_1", '{"id":"ses_1","share":{"url":"u","secret":"s"}}'),
    ("session/session/ses_1", '{"id":"posing as the session"}'),
    ("session/info/ses_1/x", '{"id":"posing too"}'),
    ("session/message/ses_1", '{"id":"of no message"}'),
    ("no key at all", "{}"),
]


def test_items_come_back_session_first_then_by_time() -> None:
    items = json.loads(items_text(ROWS))
    assert [(item["type"], item["data"]["id"] if isinstance(item["data"], dict) else None) for item in items] == [
        ("session", "ses_1"),
        ("message", "msg_1"),
        ("message", "msg_2"),
        ("part", "prt_1"),
        ("part", "prt_2"),
        ("part", "prt_9"),
        ("session_diff", None),
        ("model", None),
        ("info", None),
        ("todo", "t1"),
    ]


def test_what_came_over_a_socket_is_cleaned_of_secrets_too() -> None:
    items = {item["type"]: item["data"] for item in json.loads(items_text(ROWS))}
    assert items["model"] == [{"id": "m", "providerID": "p"}]
    assert "share" not in items["session"]
    assert json.loads(frame_text(*ROWS[2]))["content"] == [{"id": "m", "providerID": "p"}]
    assert "secret" not in frame_text(*ROWS[9])


def test_the_older_tree_hangs_parts_under_their_messages() -> None:
    tree = json.loads(tree_text(ROWS))
    assert tree["info"] == {"id": "ses_1"}
    assert list(tree["messages"]) == ["msg_1", "msg_2"]
    assert [part["id"] for part in tree["messages"]["msg_1"]["parts"]] == ["prt_1", "prt_2"]
    assert tree["messages"]["msg_2"]["parts"] == []


def test_a_message_that_carries_its_parts_keeps_them() -> None:
    tree = json.loads(tree_text([("session/message/s/m", '{"id":"m","parts":[{"type":"text","text":"hi"}]}')]))
    assert tree["messages"]["m"]["parts"] == [{"type": "text", "text": "hi"}]


def test_an_entry_no_strict_reader_takes_does_not_spoil_the_tree() -> None:
    rows = [("session/message/s/m", '{"id":"m","x":"\\ud800"}'), ("session/message/s/n", "{")]
    assert json.loads(tree_text(rows)) == {"info": None, "messages": {"m": {"id": "m", "x": "\ufffd", "parts": []}}}


def test_nothing_stored_reads_back_as_nothing() -> None:
    assert (items_text([]), tree_text([])) == ("[]", '{"info":null,"messages":{}}')


def test_a_frame_holds_the_content_to_the_letter() -> None:
    assert frame_text("session/message/s/m", '{"a": 1.50}') == '{"key":"session/message/s/m","content":{"a": 1.50}}'

"""Frames from the client: what is taken, and how each kind of bad frame is refused."""

import json

import pytest

from sync.protocol.requests import FrameRefused, PingRequest, PublishRequest, read_request
from sync.protocol.updates import Update

LIMIT = 100
KEY = "session/part/ses_1/msg_1/prt_1"


def publish(**fields: object) -> str:
    return json.dumps({"type": "publish", "id": "op1", "updates": [{"key": KEY, "content": {"a": 1}}], **fields})


def test_publish_keeps_content_as_the_text_it_came_in() -> None:
    frame = (
        '{"type":"publish","id":"a","updates":[{"key":"'
        + KEY
        + '","content":{ "a" : 1.50, "u":"\\u00e9\\ud83d\\ude00" }}]}'
    )
    assert read_request(frame, "ses_1", LIMIT) == PublishRequest(
        "a", [Update(KEY, '{ "a" : 1.50, "u":"\\u00e9\\ud83d\\ude00" }')]
    )


def test_half_a_surrogate_pair_is_mended_not_refused() -> None:
    frame = '{"type":"publish","id":"a","updates":[{"key":"' + KEY + '","content":"\\\\ud800 \\ud83d \\ud83d\\ude00"}]}'
    assert read_request(frame, "ses_1", LIMIT) == PublishRequest(
        "a", [Update(KEY, '"\\\\ud800 \\ufffd \\ud83d\\ude00"')]
    )


def test_publish_takes_a_deletion() -> None:
    frame = publish(updates=[{"key": KEY, "deleted": True}])
    assert read_request(frame, "ses_1", LIMIT) == PublishRequest("op1", [Update(KEY, "", deleted=True)])


def test_ping_is_taken_and_unknown_fields_are_ignored() -> None:
    assert read_request('{"type":"ping","later":1}', "ses_1", LIMIT) == PingRequest()


@pytest.mark.parametrize(
    ("frame", "code", "operation_id"),
    [
        ("nonsense", "frame_malformed", None),
        ("[]", "frame_malformed", None),
        ("{}", "frame_malformed", None),
        ('{"type": 7}', "frame_malformed", None),
        ('{"type": "publish", "id": "x"} trailing', "frame_malformed", None),
        ("[" * 100_000, "frame_malformed", None),
        ('{"type":"publish","id":"\ud800"}', "frame_malformed", None),
        ('{"type":"subscribe"}', "frame_type_unknown", None),
        (publish(id=7), "frame_malformed", None),
        (publish(id=""), "frame_malformed", None),
        (publish(id='x"y'), "frame_malformed", None),
        (publish(id="x" * 65), "frame_malformed", None),
        (publish(updates=[]), "updates_malformed", "op1"),
        (publish(updates={}), "updates_malformed", "op1"),
        (publish(updates=[{"key": KEY}]), "updates_malformed", "op1"),
        (publish(updates=[{"key": KEY, "content": 1, "deleted": True}]), "updates_malformed", "op1"),
        (publish(updates=[{"key": KEY, "content": 1}] * 1001), "updates_malformed", "op1"),
        (publish(updates=[{"key": "nonsense", "content": 1}]), "key_malformed", "op1"),
        (publish(updates=[{"key": 'session/part/ses_1/"', "content": 1}]), "key_malformed", "op1"),
        (publish(updates=[{"key": "session/part/ses_1/" + "x" * 250, "content": 1}]), "key_malformed", "op1"),
        (publish(updates=[{"key": "session/part/ses_2/m/p", "content": 1}]), "key_foreign", "op1"),
        (publish(updates=[{"key": KEY, "content": "x" * LIMIT}]), "entry_too_large", "op1"),
    ],
)
def test_bad_frame_is_refused_with_a_stable_code(frame: str, code: str, operation_id: str | None) -> None:
    with pytest.raises(FrameRefused) as refused:
        read_request(frame, "ses_1", LIMIT)
    assert (refused.value.code, refused.value.operation_id) == (code, operation_id)


def test_size_counts_bytes_not_characters() -> None:
    with pytest.raises(FrameRefused, match="at most 100 bytes"):
        read_request(
            json.dumps(
                {"type": "publish", "id": "a", "updates": [{"key": KEY, "content": "é" * 60}]}, ensure_ascii=False
            ),
            "ses_1",
            LIMIT,
        )

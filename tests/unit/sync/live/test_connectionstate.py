"""A connection as a state machine: what it takes, what it says, and that an end is an end."""

import json
from typing import Any

import pytest

from opencode.lib.errors import Denial, TooManyRequests
from sync.errors import SessionFull
from sync.live.connectionstate import IN_FLIGHT, ConnectionState, FrameLimits
from sync.protocol.closing import CloseCode
from sync.protocol.requests import FrameRefused, PingRequest, PresenceRequest, PublishRequest
from sync.protocol.updates import PublishReceipt

LIMITS = FrameLimits(frame=200, entry=50, refusals=2)
PUBLISH = {"type": "publish", "id": "a", "updates": [{"key": "session/info/ses_1", "content": 1}]}
RIGHTS = [CloseCode.NOT_SIGNED_IN, CloseCode.FORBIDDEN, CloseCode.SESSION_REMOVED]
OTHER_ENDS = [CloseCode.RESTART, CloseCode.EPOCH_CHANGED, CloseCode.BAD_FRAME, CloseCode.TOO_LARGE, CloseCode.TOO_FAST]


def state() -> ConnectionState:
    return ConnectionState("ses_1", LIMITS)


def words(connection: ConnectionState) -> list[dict[str, Any]]:
    """Everything that waits to be told."""
    return [json.loads(text) for text in iter(connection.take, None)]


@pytest.mark.parametrize(
    ("frame", "kind"),
    [(PUBLISH, PublishRequest), ({"type": "ping"}, PingRequest), ({"type": "presence", "state": {}}, PresenceRequest)],
)
def test_open_connection_takes_every_frame_of_the_protocol(frame: Any, kind: type) -> None:
    assert isinstance(state().receive(json.dumps(frame)), kind)


@pytest.mark.parametrize(
    ("text", "code", "end"),
    [
        (None, "frame_malformed", CloseCode.BAD_FRAME),
        ("nonsense", "frame_malformed", CloseCode.BAD_FRAME),
        ("x" * 201, "frame_too_large", CloseCode.TOO_LARGE),
        ('{"type":"subscribe"}', "frame_type_unknown", None),
        ('{"type":"presence","state":1}', "presence_malformed", None),
        (json.dumps({**PUBLISH, "updates": []}), "updates_malformed", None),
        (json.dumps({**PUBLISH, "updates": [{"key": "session/info/other", "content": 1}]}), "key_foreign", None),
    ],
)
def test_what_is_refused_is_answered_and_ends_only_what_speaks_no_protocol(
    text: str | None, code: str, end: CloseCode | None
) -> None:
    connection = state()
    with pytest.raises(FrameRefused) as refused:
        connection.receive(text)
    assert connection.refuse(refused.value) is end
    assert [word["code"] for word in words(connection)] == [code]


@pytest.mark.parametrize("code", [*RIGHTS, *OTHER_ENDS])
@pytest.mark.parametrize("text", [json.dumps(PUBLISH), '{"type":"ping"}', "nonsense", None, "x" * 201])
def test_ended_connection_takes_nothing_more_and_says_nothing_to_it(code: CloseCode, text: str | None) -> None:
    connection = state()
    connection.end(code)
    assert connection.receive(text) is None
    assert words(connection) == []


@pytest.mark.parametrize("code", RIGHTS)
def test_who_lost_the_right_is_told_nothing_that_waited(code: CloseCode) -> None:
    connection = state()
    connection.publish_taken()
    connection.publish_taken()
    connection.publish_settled("a", PublishReceipt("e", 1, 1))
    connection.end(code)
    connection.publish_settled("b", PublishReceipt("e", 2, 2))
    assert words(connection) == []


@pytest.mark.parametrize("code", OTHER_ENDS)
def test_who_may_come_back_is_told_what_waited(code: CloseCode) -> None:
    connection = state()
    connection.publish_taken()
    connection.publish_taken()
    connection.publish_settled("a", PublishReceipt("e", 1, 1))
    connection.end(code)
    connection.publish_settled("b", PublishReceipt("e", 2, 2))
    assert [word["id"] for word in words(connection)] == ["a", "b"]


@pytest.mark.parametrize("later", [*RIGHTS, *OTHER_ENDS])
def test_the_first_reason_stands(later: CloseCode) -> None:
    connection = state()
    assert connection.end(CloseCode.FORBIDDEN)
    assert not connection.end(later)
    assert connection.closing is CloseCode.FORBIDDEN


def test_answers_to_publishes_say_what_became_of_them() -> None:
    connection = state()
    outcomes: list[PublishReceipt | BaseException] = [
        PublishReceipt("e", 4, 5),
        SessionFull(limit=3),
        ZeroDivisionError(),
    ]
    for place, outcome in enumerate(outcomes):
        connection.publish_taken()
        connection.publish_settled(f"op{place}", outcome)
    ack, full, broken = words(connection)
    assert ack == {"type": "ack", "id": "op0", "epoch": "e", "from": 4, "to": 5}
    assert (full["id"], full["code"], full["limit"]) == ("op1", "session_full", 3)
    assert (broken["id"], broken["code"]) == ("op2", "internal_error")
    assert connection.in_flight == 0


@pytest.mark.parametrize("waiting", ["publishes", "answers"])
def test_client_is_not_read_from_while_as_much_waits_as_may(waiting: str) -> None:
    connection = state()
    wait = {"publishes": connection.publish_taken, "answers": lambda: connection.put("{}")}[waiting]
    for _ in range(IN_FLIGHT - 1):
        wait()
    assert not connection.is_full
    wait()
    assert connection.is_full
    connection.end(CloseCode.BAD_FRAME)
    assert not connection.is_full, "nobody waits at a connection that is over"


@pytest.mark.parametrize(
    ("moments", "ends"),
    [
        ([0.0, 0.1, 0.2], [None, None, CloseCode.TOO_FAST]),
        ([0.0, 0.1, 5.0, 5.1], [None, None, None, None]),
    ],
)
def test_client_that_goes_on_however_often_it_is_refused_is_ended(
    moments: list[float], ends: list[CloseCode | None]
) -> None:
    connection = state()
    assert [connection.refuse_publish("a", TooManyRequests(retry_after=1), now) for now in moments] == ends


def test_other_refusals_of_publishes_end_nothing() -> None:
    connection = state()
    denials: list[Denial] = [SessionFull(limit=1)] * 5
    assert {connection.refuse_publish("a", denial, 0.0) for denial in denials} == {None}

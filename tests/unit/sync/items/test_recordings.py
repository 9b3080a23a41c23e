"""A recording fitted to another server: its own ids, secrets and links go out, nothing of the recorded ones."""

import json
from typing import Any

import pytest

from sync.items.recordings import Call, RecordingUnreadable, Replay, Skipped, read_recording, session_ids_of
from tests.contract.recordings import DATA, LOGIN, NEWER, OLDER

ANSWER = {"id": "newid", "secret": "newsecret", "url": "http://here/share/newid"}


def recording(name: str) -> list[Any]:
    return read_recording((DATA / name).read_text().splitlines())


def played(name: str, replay: Replay) -> list[Call | Skipped]:
    """What goes out when every create is answered with ANSWER."""
    calls = []
    for request in recording(name):
        call = replay.call_of(request)
        calls.append(call)
        if isinstance(call, Call) and call.creates:
            replay.learn(request, ANSWER)
    return calls


@pytest.mark.parametrize("name", [*NEWER, OLDER])
def test_nothing_recorded_of_the_first_server_goes_out(name: str) -> None:
    answers = [r.response for r in recording(name) if isinstance(r.response, dict) and r.status == 200]
    secrets = {answer["secret"] for answer in answers if "secret" in answer}
    urls = {answer["url"] for answer in answers if "url" in answer}
    sent = json.dumps([call for call in played(name, Replay()) if isinstance(call, Call)])
    assert secrets
    assert not [text for text in secrets | urls if text in sent]
    assert "newsecret" in sent
    assert "http://here/share/newid" in sent


def test_requests_that_cannot_be_played_are_skipped_with_their_reason() -> None:
    reasons = [call.reason for call in played("share_1.18.33.jsonl", Replay()) if isinstance(call, Skipped)]
    assert reasons == ["the recorded create failed"]
    reasons = [call.reason for call in played("share_1.18.33_reordered.jsonl", Replay()) if isinstance(call, Skipped)]
    assert reasons == ["it arrives whole further on"] * 2
    assert {type(call) for call in played(LOGIN, Replay())} == {Skipped}


def test_a_sync_of_a_share_that_was_not_created_is_skipped() -> None:
    replay = Replay()
    syncs = [replay.call_of(request) for request in recording("share_1.18.33.jsonl")[1:3]]
    assert syncs == [Skipped("its share was not created in this replay")] * 2
    assert isinstance(replay.call_of(recording(OLDER)[1]), Skipped)


@pytest.mark.parametrize("name", [NEWER[0], OLDER])
def test_sessions_can_be_given_new_ids_everywhere(name: str) -> None:
    (session_id,) = session_ids_of(recording(name))
    sent = json.dumps(played(name, Replay({session_id: "ses_new"})))
    assert session_id not in sent
    assert "ses_new" in sent


def test_links_are_collected_once() -> None:
    replay = Replay()
    played("share_1.18.33.jsonl", replay)
    assert replay.links == ["http://here/share/newid"]


def test_times_count_from_the_first_request() -> None:
    assert [request.t for request in recording(OLDER)][:1] == [0.0]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([], "no requests"),
        (["", "  "], "no requests"),
        (["{"], "line 1"),
        (['{"t":1,"method":"POST","path":"/x"}', "[]"], "line 2"),
        (['{"t":"x","method":"POST","path":"/x"}'], "line 1"),
        (['{"t":1,"method":5,"path":"/x"}'], "line 1"),
        (['{"t":1,"method":"POST","path":"/x","status":"200"}'], "line 1"),
    ],
)
def test_a_file_that_is_no_recording_is_refused_by_line(lines: list[str], says: str) -> None:
    with pytest.raises(RecordingUnreadable, match=says):
        read_recording(lines)

"""The rules of the bridge's protocol: which state may follow which, digests, frames and their bounds."""

import pytest

from steering.protocol.digest import ask_digest
from steering.protocol.frames import (
    CONTENT_BYTES,
    FRAME_CHARACTERS,
    AskFrame,
    BridgeFrameRefused,
    ResolvedFrame,
    read_frame,
)
from steering.protocol.states import OUTCOMES, AskState, may_follow


@pytest.mark.parametrize("then", AskState)
@pytest.mark.parametrize("now", sorted(OUTCOMES))
def test_final_state_never_goes_back(now: AskState, then: AskState) -> None:
    assert not may_follow(now, then)


@pytest.mark.parametrize("then", sorted(OUTCOMES))
def test_what_waits_or_is_lost_may_end_in_any_way(then: AskState) -> None:
    assert may_follow(AskState.OPEN, then)
    assert may_follow(AskState.LOST, then)


def test_lost_is_taken_back_and_nothing_follows_itself() -> None:
    assert may_follow(AskState.OPEN, AskState.LOST)
    assert may_follow(AskState.LOST, AskState.OPEN)
    assert not may_follow(AskState.OPEN, AskState.OPEN)


def test_digest_is_the_one_that_bridges_compute() -> None:
    """Made with `printf '%s\\n%s\\n%s\\n%s\\n%s' … | sha256sum`, for other bridges to compare with."""
    digest = ask_digest("per_1", "permission", "ses_1", '{"metadata":{"command":"ls"},"permission":"bash"}')
    assert digest == "c1fa3bcce2fc39413ebe4d0c56b6e78db6eb0bbde799e3db7b5e1247858c9faf"


@pytest.mark.parametrize("place", range(4))
def test_digest_depends_on_each_part(place: int) -> None:
    parts = ["per_1", "permission", "ses_1", "{}"]
    changed = [part + "x" if number == place else part for number, part in enumerate(parts)]
    assert ask_digest(*parts) != ask_digest(*changed)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "[]",
        '{"type":1}',
        '{"type":"resolved"}',
        '{"type":"resolved","id":"a/b","outcome":"once"}',
        '{"type":"hello","process":"p 1","machine":"m"}',
        '{"type":"hello","process":"p","machine":""}',
        '{"type":"status","session":"s","root":"s","status":"' + "x" * 21 + '"}',
        '{"type":"open","asks":[' + ",".join(["{}"] * 51) + "]}",
        "[" * 10_000,
        " " * (FRAME_CHARACTERS + 1),
        '{"type":"hello","process":"p","machine":"\\ud83d"}',
    ],
    ids=range(13),
)
def test_text_that_is_no_frame_is_refused(text: str | None) -> None:
    with pytest.raises(BridgeFrameRefused):
        read_frame(text)


def test_unknown_type_is_passed_over_and_unknown_fields_ignored() -> None:
    assert read_frame('{"type":"later"}') is None
    assert read_frame('{"type":"resolved","id":"a","outcome":"once","more":1}') == ResolvedFrame("a", "once")


@pytest.mark.parametrize(
    ("outcome", "state"), [("once", "once"), ("open", "withdrawn"), ("lost", "withdrawn"), ("x", "withdrawn")]
)
def test_outcome_is_a_final_state(outcome: str, state: str) -> None:
    assert ResolvedFrame("a", outcome).state == state


def test_content_at_the_bound_is_shown_and_above_it_is_not() -> None:
    content = '{"a":"' + "x" * (CONTENT_BYTES - 8) + '"}'
    digest = ask_digest("a", "permission", "s", content)
    assert not AskFrame("a", "permission", "s", "s", digest, content).is_too_large
    assert AskFrame("a", "permission", "s", "s", digest, content + " ").is_too_large
    assert AskFrame("a", "permission", "s", "s", digest, "").is_too_large


@pytest.mark.parametrize(("asked", "age"), [(-5, 0), (7, 7), (10**15, 30 * 24 * 3600 * 1000)])
def test_age_is_within_reason(asked: int, age: int) -> None:
    assert AskFrame("a", "permission", "s", "s", "", "", asked).age_ms == age

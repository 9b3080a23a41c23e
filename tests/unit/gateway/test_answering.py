"""Streams as they pass: whole events over every way to cut them, usage, reasons, errors, and what is filled in."""

import json
import random
import tracemalloc
from typing import Any

import pytest

from billing.pricing.tokens import usage_read
from gateway.providers.kinds import Form
from gateway.wire.answering.events import EVENT_BYTES, EventSplitter, EventTooLarge
from gateway.wire.answering.watchers import USAGE_FORMATS, watcher_for
from gateway.wire.answering.watching import Kind
from tests.support import providers as says

STREAMS = {
    "chat": says.chat_stream("pong ", "done"),
    "responses": says.responses_stream("pong ", "done"),
    "messages": says.messages_stream("pong ", "done"),
    "generate": says.google_stream("pong ", "done"),
}
PROMPT = 500


def split(data: bytes, sizes: list[int]) -> list[bytes]:
    splitter, found, start = EventSplitter(), [], 0
    for size in sizes:
        found += splitter.feed(data[start : start + size])
        start += size
    found += splitter.feed(data[start:])
    rest = splitter.end()
    found += [rest] if rest and rest.data is not None else []
    return [event.data or b"" for event in found] + ([b"rest"] if rest and rest.data is None else [])


def watched(form: str, events: list[bytes], *, shows_usage: bool = True) -> tuple[Any, list[Any]]:
    splitter = EventSplitter()
    watcher = watcher_for(Form(form), prompt=PROMPT, shows_usage=shows_usage)
    return watcher, [watcher.see(event) for event in splitter.feed(b"".join(events))]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_events_are_the_same_however_their_bytes_are_cut(ending: str) -> None:
    texts = ["data: one\n\n", ": comment\n\n", "event: x\ndata: two\ndata: lines\n\n", "data:\n\n", 'data: {"é":1}\n\n']
    data = "".join(texts).replace("\n", ending).encode()
    whole = split(data, [])
    assert whole == [b"one", b"", b"two\nlines", b"", '{"é":1}'.encode()]
    for first in range(len(data) + 1):
        assert split(data, [first]) == whole
    dice = random.Random(7)
    for _ in range(200):
        assert split(data, [dice.randint(0, 6) for _ in range(40)]) == whole


def test_byte_order_mark_and_missing_end() -> None:
    assert split(b"\xef\xbb\xbfdata: a\n\ndata: b", [1, 1, 3]) == [b"a", b"rest"]


def test_endless_event_is_given_up() -> None:
    splitter = EventSplitter()
    assert splitter.feed(b"a" * EVENT_BYTES) == []
    with pytest.raises(EventTooLarge):
        splitter.feed(b"a")


@pytest.mark.parametrize("form", STREAMS)
def test_good_stream_ends_with_its_last_event_and_its_usage(form: str) -> None:
    watcher, seen = watched(form, STREAMS[form])
    assert [each.kind for each in seen].count(Kind.LAST) == 1
    assert seen[-1].kind == Kind.LAST
    assert b"".join(each.raw for each in seen) == b"".join(STREAMS[form])
    tokens = usage_read(USAGE_FORMATS[Form(form)], watcher.found.usage).passes[0].tokens
    assert (tokens.prompt, tokens.cache_read, tokens.output + tokens.reasoning) == (1100, 300, 70)
    assert watcher.found.is_final
    assert watcher.found.is_ended


@pytest.mark.parametrize("form", STREAMS)
def test_first_content_is_known(form: str) -> None:
    _, seen = watched(form, [b": ping\n\n", *STREAMS[form]])
    first = next(index for index, each in enumerate(seen) if each.kind == Kind.CONTENT)
    assert b"pong" in seen[first].raw or b"content_block_start" in seen[first].raw


@pytest.mark.parametrize(
    ("form", "events"),
    [
        ("chat", says.chat_stream("a", reason=None)),
        ("chat", says.chat_stream("a", reason="error")),
        ("chat", [*says.chat_stream("a", done=False), says.event({"error": {"message": "gone"}})]),
        ("responses", says.responses_stream("a", last="response.failed", error={"message": "x"})),
        ("responses", [says.responses_event("error", message="x")]),
        ("responses", says.responses_stream("a", last="response.incomplete", incomplete_details={"reason": "else"})),
        ("messages", says.messages_stream("a", reason="unheard_of")),
        ("messages", [*says.messages_stream("a")[:3], says.messages_event("error", error={"type": "api_error"})]),
        ("generate", says.google_stream("a", reason="OTHER")),
        ("generate", says.google_stream("a", reason="MALFORMED_FUNCTION_CALL")),
        ("generate", [says.event({"error": {"code": 503, "message": "x"}})]),
        ("generate", [says.event({"promptFeedback": {"blockReason": "SAFETY"}})]),
    ],
)
def test_bad_end_is_no_end(form: str, events: list[bytes]) -> None:
    watcher, seen = watched(form, events)
    assert seen[-1].kind == Kind.FAILED
    assert not watcher.found.is_ended


@pytest.mark.parametrize("reason", ["max_output_tokens", "content_filter"])
def test_incomplete_response_is_an_end(reason: str) -> None:
    events = says.responses_stream("a", last="response.incomplete", incomplete_details={"reason": reason})
    watcher, seen = watched("responses", events)
    assert seen[-1].kind == Kind.LAST
    assert watcher.found.usage == says.RESPONSES_USAGE


MISSING = {
    "chat": says.chat_stream("pong ", "done", usage=None),
    "responses": says.responses_stream("pong ", "done", usage=None),
    "messages": says.messages_stream("pong ", "done", output=None),
    "generate": says.google_stream("pong ", "done", usage=None),
}


@pytest.mark.parametrize("form", MISSING)
def test_missing_usage_is_filled_in(form: str) -> None:
    """Agents loop without bound where it is missing."""
    watcher, seen = watched(form, MISSING[form])
    assert not watcher.found.is_final
    again, _ = watched(form, [each.raw for each in seen])
    assert again.found.is_ended
    tokens = usage_read(USAGE_FORMATS[Form(form)], again.found.usage).passes[0].tokens
    assert tokens.output == 2
    assert tokens.prompt == (1100 if form == "messages" else PROMPT)


def test_place_holder_of_a_messages_beginning_is_never_the_output() -> None:
    watcher, _ = watched("messages", says.messages_stream(*["word " * 20] * 30)[:20])
    assert watcher.found.usage["output_tokens"] == 1
    assert watcher.estimate()["output_tokens"] == 450
    assert watcher.estimate()["cache_read_input_tokens"] == 300


def test_usage_that_a_client_did_not_ask_for_is_taken_out() -> None:
    watcher, seen = watched("chat", STREAMS["chat"], shows_usage=False)
    passed = b"".join(each.raw for each in seen)
    assert b"usage" not in passed
    assert passed.endswith(b"data: [DONE]\n\n")
    assert watcher.found.usage == says.CHAT_USAGE


def test_chunks_of_other_shapes_pass() -> None:
    """The last chunk has no choices at all, comments come in between, and content is a list."""
    odd = [says.event({"object": "x"}), b": ping\n\n", says.chat_chunk({"content": [{"type": "text"}]}), b"data: {\n\n"]
    watcher, seen = watched("chat", [*odd, *STREAMS["chat"], says.event({"cost": 0.01})])
    assert watcher.found.is_ended
    assert b"".join(each.raw for each in seen[:4]) == b"".join(odd)


def test_how_it_was_served_is_told() -> None:
    watcher, _ = watched("chat", [says.chat_chunk({"content": "a"}, service_tier="flex"), *STREAMS["chat"]])
    assert watcher.found.context == {"service_tier": "flex"}
    response, _ = watched("responses", says.responses_stream("a", service_tier="priority"))
    assert response.found.context == {"service_tier": "priority"}


def test_parallel_tool_calls_pass_with_their_indexes() -> None:
    calls = [says.chat_chunk({"tool_calls": [{"index": i, "function": {"arguments": "{}"}}]}) for i in (0, 1, 1, 0)]
    _, seen = watched("chat", [*calls, *says.chat_stream(reason="tool_calls")])
    passed = [json.loads(each.raw[6:])["choices"][0]["delta"] for each in seen[:4]]
    assert [delta["tool_calls"][0]["index"] for delta in passed] == [0, 1, 1, 0]


@pytest.mark.parametrize("form", STREAMS)
def test_stream_of_hours_takes_no_more_memory_than_a_short_one(form: str) -> None:
    chunk = next(event for event in STREAMS[form] if b"pong" in event)
    splitter, watcher = EventSplitter(), watcher_for(Form(form), prompt=PROMPT, shows_usage=True)

    def passed(count: int) -> int:
        """The bytes that are held after so many more events, which came in pieces."""
        for _ in range(count):
            for piece in (chunk[:9], chunk[9:]):
                for event in splitter.feed(piece):
                    watcher.see(event)
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        short, long = passed(200), passed(3_000)
    finally:
        tracemalloc.stop()
    assert watcher.found.written >= 3_200 * len("pong ")
    assert long - short < 10 * len(chunk)

"""What calls ask for: read from recorded and hand-written bodies, whose messages stay as they are, to the byte."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import CallMalformed, FeatureUnpriced
from gateway.providers.kinds import Form
from gateway.wire.asking.reading import ask_read, sent_body
from gateway.wire.asking.weight import Weight, weight_of
from gateway.wire.paths import Act, Target, target_of
from tests.support.gateway import body_of, path_of

CALLS = json.loads((Path(__file__).parents[2] / "gateway/data/agent_calls.json").read_text())
BASE64 = "A" * 40_000
PICTURE = "data:image/png;base64," + BASE64
HISTORY = {"chat": "messages", "responses": "input", "messages": "messages", "generate": "contents"}
REPLACED = {"model", "max_tokens", "max_completion_tokens", "max_output_tokens", "stream_options", "generationConfig"}


def target(form: str, *, stream: bool = True) -> Target:
    found = target_of(f"/gw/wrk_1/v1/{path_of(form, stream=stream).split('?')[0]}")
    assert found is not None
    return found


def ask(form: str, **fields: Any) -> Any:
    return ask_read(target(form), json.dumps(body_of(form) | fields).encode())


@pytest.mark.parametrize("call", CALLS, ids=[f"{call['path'][12:30]} {call['note']}" for call in CALLS])
def test_recorded_calls_keep_every_byte_of_their_messages(call: dict[str, Any]) -> None:
    # Spaces and escapes as no encoder of ours writes them.
    body = json.dumps(call["body"], indent=3, ensure_ascii=True).encode()
    found = target_of(call["path"].split("?")[0])
    assert found is not None
    read = ask_read(found, body)
    sent = sent_body(read, "upstream-name", 99)
    assert json.loads(sent).get("model", "upstream-name") == "upstream-name"
    assert b"99" in sent
    assert read.cap in {4096, 32_000}
    for name in call["body"].keys() - REPLACED:
        assert bytes(read.fields[name]) in body
        assert bytes(read.fields[name]) in sent


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("chat/completions", (Form.CHAT, Act.GENERATE, "", False)),
        ("responses", (Form.RESPONSES, Act.GENERATE, "", False)),
        ("messages", (Form.MESSAGES, Act.GENERATE, "", False)),
        ("messages/count_tokens", (Form.MESSAGES, Act.COUNT, "", False)),
        ("models", (Form.CHAT, Act.LIST, "", False)),
        ("models/a/b-1.5:streamGenerateContent", (Form.GENERATE, Act.GENERATE, "a/b-1.5", True)),
        ("models/g:generateContent", (Form.GENERATE, Act.GENERATE, "g", False)),
        ("models/g:countTokens", (Form.GENERATE, Act.COUNT, "g", False)),
    ],
)
def test_address_says_which_call_it_is(path: str, expected: tuple[Any, ...]) -> None:
    found = target_of(f"/gw/wrk_1/v1/{path}")
    assert found is not None
    assert (found.form, found.act, found.model, found.is_stream) == expected


@pytest.mark.parametrize("path", ["embeddings", "models/g:batchEmbed", "chat", "", "../messages", "responses/r1"])
def test_other_addresses_are_none(path: str) -> None:
    assert target_of(f"/gw/wrk_1/v1/{path}") is None


def test_name_given_twice_reaches_the_provider_once() -> None:
    body = b'{"model":"cheap","max_tokens":5,"messages":[],"max_tokens":900000,"mod\\u0065l":"dear"}'
    read = ask_read(target("messages"), body)
    assert (read.model, read.cap) == ("dear", 900_000)
    assert sent_body(read, "up", 900_000).count(b"max_tokens") == 1


def test_older_names_of_google_are_read_and_sent_as_the_newer() -> None:
    body = {"contents": [], "generation_config": {"max_output_tokens": 7, "candidate_count": 2}}
    read = ask_read(target("generate", stream=False), json.dumps(body).encode())
    assert (read.cap, read.choices) == (7, 2)
    assert json.loads(sent_body(read, "m", 5)) == {
        "contents": [],
        "generationConfig": {"candidateCount": 2, "maxOutputTokens": 5},
    }


def test_both_names_of_google_at_once_are_refused() -> None:
    with pytest.raises(CallMalformed):
        ask("generate", generation_config={"maxOutputTokens": 7})


def test_usage_is_asked_for_in_chat_whatever_the_client_asks() -> None:
    read = ask("chat", stream_options={"include_usage": False, "include_obfuscation": False})
    assert json.loads(sent_body(read, "m", None))["stream_options"] == {
        "include_usage": True,
        "include_obfuscation": False,
    }
    assert not read.shows_usage


@pytest.mark.parametrize("form", ["chat", "responses", "messages", "generate"])
def test_missing_cap_is_written(form: str) -> None:
    body = body_of(form, cap=None)
    read = ask_read(target(form), json.dumps(body).encode())
    assert read.cap is None
    assert b":321" in sent_body(read, "m", 321)


def test_higher_of_two_caps_counts_and_both_are_lowered() -> None:
    read = ask("chat", max_tokens=10, max_completion_tokens=500)
    sent = json.loads(sent_body(read, "m", 100))
    assert (read.cap, sent["max_tokens"], sent["max_completion_tokens"]) == (500, 100, 100)


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ("chat", {"tools": [{"type": "web_search"}]}),
        ("chat", {"web_search_options": {}, "plugins": [{"id": "web"}]}),
        ("chat", {"models": ["dearer"]}),
        ("chat", {"modalities": ["text", "audio"]}),
        ("responses", {"tools": [{"type": "code_interpreter"}]}),
        ("responses", {"tools": [{"type": "mcp"}]}),
        ("responses", {"background": True}),
        ("responses", {"prompt": {"id": "pmpt_1"}}),
        ("messages", {"tools": [{"type": "code_execution_20250825"}]}),
        ("messages", {"tools": [{"type": "web_search_20250305"}]}),
        ("messages", {"tools": [{"type": "web_search_20250305", "max_uses": 11}]}),
        ("messages", {"mcp_servers": [{"url": "https://x"}]}),
        ("generate", {"tools": [{"googleSearch": {}}]}),
        ("generate", {"tools": [{"functionDeclarations": [], "codeExecution": {}}]}),
        ("generate", {"generationConfig": {"responseModalities": ["IMAGE"]}}),
    ],
)
def test_what_has_no_bounded_cost_is_refused(form: str, fields: dict[str, Any]) -> None:
    with pytest.raises(FeatureUnpriced):
        ask(form, **fields)


@pytest.mark.parametrize(
    ("form", "tools"),
    [
        ("chat", [{"type": "function", "function": {}}]),
        ("responses", [{"type": "function"}, {"type": "custom"}, {"type": "local_shell"}]),
        ("messages", [{"name": "a"}, {"type": "bash_20250124", "name": "bash"}, {"type": "custom"}]),
        ("generate", [{"functionDeclarations": []}]),
    ],
)
def test_tools_that_the_client_runs_pass(form: str, tools: list[Any]) -> None:
    assert ask(form, tools=tools).units == {}


def test_bounded_searches_are_counted() -> None:
    assert ask("messages", tools=[{"type": "web_search_20250305", "max_uses": 3}]).units == {"web_search": 3}


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"model":1}', b'{"model":""}', b'{"model":"m","max_tokens":0}',
     b'{"model":"m","max_tokens":-1}',
     b'{"model":"m","max_tokens":1.5}', b'{"model":"m","max_tokens":"9"}', b'{"model":"m","max_tokens":true}',
     b'{"model":"m","stream":"yes"}', b'{"model":"m","n":0}', b'{"model":"m","tools":{}}', b"\xff\xfe",
     b'{"model":"m","messages":' + b"[" * 100_000 + b"]" * 100_000 + b"}"],
)  # fmt: skip
def test_malformed_bodies_are_refused(body: bytes) -> None:
    with pytest.raises(CallMalformed):
        weight_of(Form.CHAT, ask_read(target("chat"), body).fields, len(body))


def weight(form: str, parts: Any, **fields: Any) -> Weight:
    content = {"role": "user", ("parts" if form == "generate" else "content"): parts}
    body = json.dumps(body_of(form) | {HISTORY[form]: [content]} | fields).encode()
    return weight_of(Form(form), ask_read(target(form), body).fields, len(body))


@pytest.mark.parametrize(
    ("form", "part", "most"),
    [
        ("chat", {"type": "image_url", "image_url": {"url": PICTURE}}, 53_000),
        ("responses", {"type": "input_image", "image_url": PICTURE}, 53_000),
        ("messages", {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": BASE64}}, 8_000),
        ("generate", {"inlineData": {"mimeType": "image/png", "data": BASE64}}, 8_000),
        ("generate", {"inline_data": {"mime_type": "image/png", "data": BASE64}}, 8_000),
    ],
)  # fmt: skip
def test_picture_counts_by_its_maximum_and_not_by_its_bytes(form: str, part: Any, most: int) -> None:
    found = weight(form, [part])
    assert found.pictures == 1
    assert found.text_bytes < 1_000
    assert found.most(1_000_000) < most


@pytest.mark.parametrize(
    ("form", "part"),
    [
        ("chat", {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}),
        ("chat", {"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA"}}),
        ("chat", {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}),
        ("responses", {"type": "input_image", "file_id": "file_1"}),
        ("responses", {"type": "input_file", "file_url": "https://example.com/a.pdf"}),
        ("messages", {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}),
        ("messages", {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "A"}}),
        ("generate", {"fileData": {"fileUri": "gs://a"}}),
        ("generate", {"inlineData": {"mimeType": "application/pdf", "data": "A"}}),
        ("generate", {"inlineData": {"mimeType": "video/mp4", "data": "A"}}),
    ],
)
def test_what_the_provider_resolves_costs_the_full_context(form: str, part: Any) -> None:
    assert weight(form, [part]).most(200_000) == 200_000


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ("responses", {"previous_response_id": "r1"}),
        ("responses", {"conversation": "c1"}),
        ("generate", {"cachedContent": "cachedContents/1"}),
        ("generate", {"cached_content": "cachedContents/1"}),
    ],
)
def test_history_that_the_provider_keeps_costs_the_full_context(form: str, fields: dict[str, Any]) -> None:
    text = [{"text": "a"}] if form == "generate" else "a"
    assert weight(form, text, **fields).most(200_000) == 200_000


def test_picture_in_a_tools_arguments_is_text() -> None:
    told = {"type": "tool_use", "input": {"type": "image", "source": {"type": "base64", "data": "A" * 40_000}}}
    assert weight("messages", [told]).most(1_000_000) > 40_000


def test_text_is_bounded_by_its_bytes_and_by_the_context() -> None:
    found = weight("chat", "é" * 1_000)
    assert 1_000 < found.most(1_000_000) < 8_000
    assert found.most(500) == 500


def test_hour_is_reserved_only_where_the_body_asks_for_it() -> None:
    plain = ask("messages", system=[{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}])
    long = ask("messages", system=[{"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "1h"}}])
    hidden = ask_read(target("messages"), b'{"model":"m","messages":[{"cache_control":{"ttl":"1\\u0068"}}]}')
    assert (plain.writes_hours, long.writes_hours, hidden.writes_hours) == (False, True, True)

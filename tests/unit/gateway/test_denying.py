"""Refusals in each form's shape: none that is for good holds a word or number by which agents repeat a call."""

import json
import re
from typing import Any

import pytest

import gateway.errors  # noqa: F401 - all denials of the gateway are known
from billing.errors import BalanceInsufficient, LimitReached
from gateway.errors import CallsTooMany, ContextExceeded
from gateway.providers.kinds import Form
from gateway.relay.ids import LETTERS, new_call_id
from gateway.wire.denying.bodies import denial_body, denial_headers, denial_status, denial_text, is_for_good
from gateway.wire.denying.passing import refusal_passed
from opencode.lib.errors import Denial, every_denial

# As the agent 1.18.33 has them, and not as the product does.
AGAIN = re.compile(
    r"429|500|502|503|504|524|rate limit|too many requests|overloaded|server_error|service unavailable"
    r"|internal error|try again later|resource exhausted|connection error",
    re.IGNORECASE,
)
SHORTER = re.compile(
    r"exceeds the limit of \d|too many tokens|token limit exceeded|context length|request entity too large", re.I
)
FINAL = [kind for kind in every_denial() if is_for_good(denial_status(kind()))]


def shown(body: bytes) -> Any:
    return json.loads(body)


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("kind", FINAL, ids=lambda kind: kind.code)
def test_refusal_for_good_holds_no_word_that_repeats_it(kind: type[Denial], form: Form) -> None:
    body = denial_body(form, kind("The limit is $500.00; too many requests of req_JD500XYZ.", limit=500)).decode()
    assert AGAIN.search(body) is None
    assert SHORTER.search(body) is None or kind is ContextExceeded
    assert kind is ContextExceeded or not re.search(r"\d", re.sub(r'"code":4\d\d', "", body))


@pytest.mark.parametrize("kind", FINAL, ids=lambda kind: kind.code)
def test_own_words_of_a_refusal_stay_where_they_are_clean(kind: type[Denial]) -> None:
    assert denial_text(kind("Ask Bob.")) == "Ask Bob."


@pytest.mark.parametrize("kind", every_denial(), ids=lambda kind: kind.code)
def test_refusals_have_the_shapes_that_sdks_show(kind: type[Denial]) -> None:
    denial = kind()
    message, status = denial_text(denial), denial_status(denial)
    assert shown(denial_body(Form.CHAT, denial))["error"]["message"] == message
    assert shown(denial_body(Form.RESPONSES, denial))["error"]["code"] == denial.code
    anthropic = shown(denial_body(Form.MESSAGES, denial))
    assert (anthropic["type"], anthropic["error"]["message"]) == ("error", message)
    google = shown(denial_body(Form.GENERATE, denial))["error"]
    assert (google["code"], google["message"]) == (status, message)
    assert google["status"].isupper()
    assert status not in {409, 422}


def test_amounts_are_in_headers_and_not_in_the_words() -> None:
    refusal = LimitReached("The limit is $500.00.", bound="key", limit=500, used=3, held=2, resets_at="2026-12-01")
    assert denial_text(refusal) == LimitReached.default_message
    assert dict(denial_headers(refusal)) == {
        b"x-oc-code": b"limit_reached",
        b"x-oc-help": b"/docs/errors#limit_reached",
        b"x-oc-bound": b"key",
        b"x-oc-limit": b"500",
        b"x-oc-used": b"3",
        b"x-oc-held": b"2",
        b"x-oc-resets-at": b"2026-12-01",
    }
    assert dict(denial_headers(BalanceInsufficient(balance=0, held=0)))[b"x-oc-balance"] == b"0"
    assert dict(denial_headers(CallsTooMany(retry_after=7)))[b"retry-after"] == b"7"


def test_ids_have_no_digit_and_no_word() -> None:
    ids = [new_call_id() for _ in range(2_000)]
    assert len(set(ids)) == 2_000
    assert all(set(each.removeprefix("req_")) <= set(LETTERS) for each in ids)
    assert not set(LETTERS) & set("aeiouy0123456789")


def test_ids_follow_time(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter(range(10**18, 10**18 + 10**12, 10**9))
    monkeypatch.setattr("gateway.relay.ids.time.time_ns", lambda: next(moments))
    ids = [new_call_id() for _ in range(500)]
    assert ids == sorted(ids)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, b'{"error":{"message":"messages: roles must alternate"}}', (400, False)),
        (404, b'{"error":{"message":"no such model"}}', (404, False)),
        (413, b'{"error":{"message":"too big"}}', (413, False)),
        (422, b'{"detail":"bad"}', (400, False)),
        (400, b'{"error":{"message":"max_tokens: 65000 > 32000"}}', (400, True)),
        (400, b'{"error":{"message":"Overloaded, try again later"}}', (400, True)),
        (400, b'{"error":{"message":"prompt is too long: 215000 tokens > 200000 maximum"}}', (400, True)),
        (400, b"", (400, True)),
    ],
)
@pytest.mark.parametrize("form", Form)
def test_what_providers_refuse_is_passed_or_reworded(
    form: Form, status: int, body: bytes, expected: tuple[int, bool]
) -> None:
    passed = refusal_passed(form, status, body)
    assert (passed.status, passed.was_reworded) == expected
    assert passed.was_reworded or passed.body == body
    assert AGAIN.search(passed.body.decode()) is None


def test_prompt_that_is_too_long_still_makes_agents_shorten_it() -> None:
    body = b'{"error":{"message":"prompt is too long: 215000 tokens > 200000 maximum"}}'
    assert SHORTER.search(refusal_passed(Form.CHAT, 400, body).body.decode())

"""A call as a provider gets it: address, headers, credential."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from gateway.providers.kinds import ANTHROPIC_VERSION, Form, kind_of
from gateway.selectors.routing import Candidate
from gateway.wire.paths import Act

AGENT: Final = "opencode-console"
PASSED_HEADERS: Final = ("anthropic-version", "anthropic-beta", "openai-beta")
"""Of the client's own headers only these go on."""
_PASSED_CHARACTERS: Final = 1_000
_PATHS: Final = {Form.CHAT: "/chat/completions", Form.RESPONSES: "/responses", Form.MESSAGES: "/messages"}


def upstream_url(candidate: Candidate, form: Form, act: Act, *, is_stream: bool) -> str:
    """The address of the call at this candidate's provider."""
    base = candidate.base_url.rstrip("/")
    if form == Form.GENERATE:
        model = quote(candidate.upstream_model, safe="-._")
        method = "countTokens" if act == Act.COUNT else "streamGenerateContent" if is_stream else "generateContent"
        return f"{base}/models/{model}:{method}{'?alt=sse' if is_stream else ''}"
    return base + _PATHS[form] + ("/count_tokens" if act == Act.COUNT else "")


def upstream_headers(candidate: Candidate, form: Form, passed: Mapping[str, str], *, is_stream: bool) -> dict[str, str]:
    """`passed` are the client's headers of PASSED_HEADERS. No answer may be compressed: its usage has to be read."""
    headers = {
        "content-type": "application/json",
        "accept": "text/event-stream" if is_stream else "application/json",
        "accept-encoding": "identity",
        "user-agent": AGENT,
        **kind_of(candidate.kind).headers(candidate.secret),
        **{name: value[:_PASSED_CHARACTERS] for name, value in passed.items() if value.isprintable()},
        **candidate.headers,
    }
    if form == Form.MESSAGES:
        headers.setdefault("anthropic-version", ANTHROPIC_VERSION)
    return headers

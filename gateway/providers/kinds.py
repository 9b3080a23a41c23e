"""The kinds of providers: where they are by default, which wire forms they speak, what an agent loads to speak them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Form(StrEnum):
    """The wire forms of model calls."""

    CHAT = "chat"
    RESPONSES = "responses"
    MESSAGES = "messages"
    GENERATE = "generate"


SDK_OF_FORM: Final[Mapping[Form, str]] = {
    Form.CHAT: "@ai-sdk/openai-compatible",
    Form.RESPONSES: "@ai-sdk/openai",
    Form.MESSAGES: "@ai-sdk/anthropic",
    Form.GENERATE: "@ai-sdk/google",
}
"""The npm package with which an agent speaks a form."""


class Auth(StrEnum):
    """The header in which a kind of provider expects its key."""

    BEARER = "authorization"
    ANTHROPIC = "x-api-key"
    GOOGLE = "x-goog-api-key"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of provider. `base_url` is empty where each credential names its own; the first form is an agent's.

    `trial_path` follows the base URL: a GET there costs nothing, and answers whether a key is good.
    """

    name: str
    words: str
    base_url: str
    forms: tuple[Form, ...]
    auth: Auth
    trial_path: str

    @property
    def has_own_address(self) -> bool:
        return not self.base_url

    def headers(self, secret: str) -> dict[str, str]:
        """The headers that identify a call; none for a local server without a key."""
        if not secret:
            return {}
        version = {"anthropic-version": ANTHROPIC_VERSION} if self.auth == Auth.ANTHROPIC else {}
        return {str(self.auth): f"Bearer {secret}" if self.auth == Auth.BEARER else secret, **version}


ANTHROPIC_VERSION: Final = "2023-06-01"
_GOOGLE: Final = "https://generativelanguage.googleapis.com/v1beta"
KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind("anthropic", "Anthropic", "https://api.anthropic.com/v1", (Form.MESSAGES,), Auth.ANTHROPIC, "/models"),
        Kind("openai", "OpenAI", "https://api.openai.com/v1", (Form.RESPONSES, Form.CHAT), Auth.BEARER, "/models"),
        Kind("google", "Google", _GOOGLE, (Form.GENERATE,), Auth.GOOGLE, "/models"),
        # Its list of models is open to everybody and would say nothing of a key.
        Kind("openrouter", "OpenRouter", "https://openrouter.ai/api/v1", (Form.CHAT,), Auth.BEARER, "/key"),
        Kind("compatible", "OpenAI-compatible", "", (Form.CHAT,), Auth.BEARER, "/models"),
    )
}


def kind_of(name: str) -> Kind:
    """Raises KeyError for a name that no kind has."""
    return KINDS[name]

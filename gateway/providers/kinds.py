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


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of provider. `base_url` is empty where each credential names its own; the first form is an agent's."""

    name: str
    words: str
    base_url: str
    forms: tuple[Form, ...]

    @property
    def has_own_address(self) -> bool:
        return not self.base_url


KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind("anthropic", "Anthropic", "https://api.anthropic.com/v1", (Form.MESSAGES,)),
        Kind("openai", "OpenAI", "https://api.openai.com/v1", (Form.RESPONSES, Form.CHAT)),
        Kind("google", "Google", "https://generativelanguage.googleapis.com/v1beta", (Form.GENERATE,)),
        Kind("openrouter", "OpenRouter", "https://openrouter.ai/api/v1", (Form.CHAT,)),
        Kind("compatible", "OpenAI-compatible", "", (Form.CHAT,)),
    )
}


def kind_of(name: str) -> Kind:
    """Raises KeyError for a name that no kind has."""
    return KINDS[name]

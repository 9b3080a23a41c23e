"""The content of a usage body once its format is parsed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from billing.pricing.classes import Tokens


@dataclass(frozen=True, slots=True)
class Pass:
    """Tokens of one model within a request. `model` is None for the requested model.

    `prompt` is the largest prompt of a single run: a request may run a model several times.
    """

    model: str | None
    tokens: Tokens
    prompt: int

    def joined(self, other: "Pass") -> "Pass":
        return Pass(self.model, self.tokens + other.tokens, max(self.prompt, other.prompt))


@dataclass(frozen=True, slots=True)
class UsageReading:
    """One pass a model; `units` counts what is paid by the call; `context` says how the body says it was served.

    Keys of `context` are `service_tier`, `speed` and `region`; usual values are omitted.
    """

    passes: tuple[Pass, ...]
    units: Mapping[str, int] = field(default_factory=dict)
    context: Mapping[str, str] = field(default_factory=dict)


def single(tokens: Tokens, *, context: Mapping[str, str] | None = None) -> UsageReading:
    """The reading of a request that ran one model once."""
    return UsageReading((Pass(None, tokens, tokens.prompt),), context=context or {})

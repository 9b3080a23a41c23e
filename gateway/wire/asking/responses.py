"""Responses: what a request asks for, and its output cap."""

from typing import Final

from gateway.errors import FeatureUnpriced
from gateway.providers.kinds import Form
from gateway.wire.asking.ask import Ask
from gateway.wire.asking.fields import Fields, count_of, flag_of, raw, text_of, value_of
from gateway.wire.asking.serving import unpriced_check
from gateway.wire.asking.tools import openai_tools_check

_UNPRICED: Final = ("models", "plugins", "provider", "route", "prompt")


def responses_ask(fields: Fields) -> Ask:
    """Raises CallMalformed, FeatureUnpriced: for calls that run on without anybody who waits for them, too."""
    unpriced_check(fields, _UNPRICED)
    openai_tools_check(value_of(fields, "tools"))
    if flag_of(fields, "background"):
        raise FeatureUnpriced("This call would run in the background, where its cost cannot be seen.")
    return Ask(
        form=Form.RESPONSES,
        model=text_of(fields, "model"),
        fields=fields,
        is_stream=flag_of(fields, "stream"),
        cap=count_of(fields, "max_output_tokens"),
        context={"service_tier": text_of(fields, "service_tier")},
    )


def responses_cap(fields: Fields, cap: int) -> None:
    fields["max_output_tokens"] = raw(cap)

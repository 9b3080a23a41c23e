"""Chat completions: what a request asks for, and its output cap."""

from typing import Final

from gateway.providers.kinds import Form
from gateway.wire.asking.ask import Ask
from gateway.wire.asking.fields import Fields, count_of, flag_of, object_of, raw, text_of, value_of
from gateway.wire.asking.serving import unpriced_check
from gateway.wire.asking.tools import openai_tools_check

_CAPS: Final = ("max_completion_tokens", "max_tokens")
_UNPRICED: Final = ("models", "plugins", "provider", "route", "web_search_options", "audio", "prediction")


def chat_ask(fields: Fields) -> Ask:
    """Raises CallMalformed, FeatureUnpriced."""
    unpriced_check(fields, _UNPRICED)
    openai_tools_check(value_of(fields, "tools"))
    caps = [cap for name in _CAPS if (cap := count_of(fields, name)) is not None]
    is_stream = flag_of(fields, "stream")
    options = object_of(fields, "stream_options") if is_stream else {}
    shows_usage = flag_of(options, "include_usage")
    if is_stream:
        fields["stream_options"] = raw(options | {"include_usage": raw(True)})
    else:
        fields.pop("stream_options", None)
    return Ask(
        form=Form.CHAT,
        model=text_of(fields, "model"),
        fields=fields,
        is_stream=is_stream,
        cap=max(caps, default=None),
        choices=count_of(fields, "n") or 1,
        context={"service_tier": text_of(fields, "service_tier")},
        shows_usage=shows_usage or not is_stream,
    )


def chat_cap(fields: Fields, cap: int) -> None:
    """Under the names the request uses; under OpenAI's older one, which all providers take, when it uses none."""
    for name in [name for name in _CAPS if name in fields] or ["max_tokens"]:
        fields[name] = raw(cap)

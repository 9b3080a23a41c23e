"""From a body to what it asks for, and to the body that is sent on."""

from typing import Final

from gateway.errors import CallMalformed
from gateway.providers.kinds import Form
from gateway.wire.asking.ask import Ask, Cap
from gateway.wire.asking.chat import chat_ask, chat_cap
from gateway.wire.asking.fields import fields_bytes, fields_read, raw
from gateway.wire.asking.google import google_ask, google_cap
from gateway.wire.asking.messages import messages_ask, messages_cap
from gateway.wire.asking.responses import responses_ask, responses_cap
from gateway.wire.paths import Target

_CAPS: Final[dict[Form, Cap]] = {
    Form.CHAT: chat_cap,
    Form.RESPONSES: responses_cap,
    Form.MESSAGES: messages_cap,
    Form.GENERATE: google_cap,
}
_ASKS: Final = {Form.CHAT: chat_ask, Form.RESPONSES: responses_ask}
MODEL_CHARACTERS: Final = 190


def ask_read(target: Target, body: bytes) -> Ask:
    """Raises CallMalformed for what is no such call, FeatureUnpriced for what has no bounded cost."""
    fields = fields_read(body)
    if target.form == Form.GENERATE:
        ask = google_ask(fields, target.model, is_stream=target.is_stream)
    elif target.form == Form.MESSAGES:
        ask = messages_ask(fields, body)
    else:
        ask = _ASKS[target.form](fields)
    if not 0 < len(ask.model) <= MODEL_CHARACTERS:
        raise CallMalformed("The field model must name a model.")
    return ask


def sent_body(ask: Ask, upstream_model: str, cap: int | None, *, is_newer: bool = False) -> bytes:
    """The body for the provider: its own name of the model, and the output cap where it is not the request's own.

    `is_newer`: the provider takes the cap of chat completions under OpenAI's newer name alone.
    """
    fields = dict(ask.fields)
    if ask.form != Form.GENERATE:
        fields["model"] = raw(upstream_model)
    if cap is not None and cap != ask.cap:
        if is_newer and ask.form == Form.CHAT and ask.cap is None:
            fields["max_completion_tokens"] = raw(cap)
        _CAPS[ask.form](fields, cap)
    return fields_bytes(fields)

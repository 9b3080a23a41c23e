"""Which watcher a form's streams have, and how billing reads the form's usage."""

from collections.abc import Mapping
from typing import Final

from gateway.providers.kinds import Form
from gateway.wire.answering.chat import ChatWatcher
from gateway.wire.answering.google import GoogleWatcher
from gateway.wire.answering.messages import MessagesWatcher
from gateway.wire.answering.responses import ResponsesWatcher
from gateway.wire.answering.watching import Watcher

_WATCHERS: Final[Mapping[Form, type[Watcher]]] = {
    Form.CHAT: ChatWatcher,
    Form.RESPONSES: ResponsesWatcher,
    Form.MESSAGES: MessagesWatcher,
    Form.GENERATE: GoogleWatcher,
}
USAGE_FORMATS: Final[Mapping[Form, str]] = {
    Form.CHAT: "openai_chat",
    Form.RESPONSES: "openai_responses",
    Form.MESSAGES: "anthropic",
    Form.GENERATE: "google",
}
"""The names of billing's readers of usage."""


def watcher_for(form: Form, *, prompt: int, shows_usage: bool) -> Watcher:
    """A watcher for one stream. `prompt` estimates its prompt in tokens; `shows_usage`: the client asked for usage."""
    return _WATCHERS[form](prompt, shows_usage=shows_usage)

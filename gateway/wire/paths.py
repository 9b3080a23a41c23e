"""Which call an address below `/gw/` is."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.providers.kinds import Form

PREFIX: Final = "/gw/"
_ADDRESS: Final = re.compile(r"/gw/(?P<workspace>[A-Za-z0-9_]{1,40})/(?:v1|v1beta)/(?P<rest>.{1,400})")
_GOOGLE: Final = re.compile(r"models/(?P<model>.{1,190}):(?P<method>[A-Za-z]{1,40})")


class Act(StrEnum):
    """Counting tokens and listing models cost nothing and reserve nothing."""

    GENERATE = "generate"
    COUNT = "count"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Target:
    """`model` and `is_stream` are set where the address says them, as Google's does; elsewhere the body does."""

    workspace_id: str
    form: Form
    act: Act = Act.GENERATE
    model: str = ""
    is_stream: bool = False

    @property
    def method(self) -> str:
        return "GET" if self.act == Act.LIST else "POST"


CALLS: Final = {
    "chat/completions": (Form.CHAT, Act.GENERATE),
    "responses": (Form.RESPONSES, Act.GENERATE),
    "messages": (Form.MESSAGES, Act.GENERATE),
    "messages/count_tokens": (Form.MESSAGES, Act.COUNT),
    "models": (Form.CHAT, Act.LIST),
}
GOOGLE_METHODS: Final = {
    "generateContent": (Act.GENERATE, False),
    "streamGenerateContent": (Act.GENERATE, True),
    "countTokens": (Act.COUNT, False),
}


def is_gateway_path(path: str) -> bool:
    return path.startswith(PREFIX)


def target_of(path: str) -> Target | None:
    """The call at this address (`/gw/<workspace id>/v1/…`, decoded); None where there is none."""
    found = _ADDRESS.fullmatch(path)
    if found is None:
        return None
    workspace_id, rest = found["workspace"], found["rest"].rstrip("/")
    if rest in CALLS:
        form, act = CALLS[rest]
        return Target(workspace_id, form, act)
    named = _GOOGLE.fullmatch(rest)
    if named is None or named["method"] not in GOOGLE_METHODS:
        return None
    act, is_stream = GOOGLE_METHODS[named["method"]]
    return Target(workspace_id, Form.GENERATE, act, named["model"], is_stream)


def form_of(path: str) -> Form:
    """The form in which a refusal at this address is written, whether there is a call or not."""
    target = target_of(path)
    if target is not None:
        return target.form
    if "/messages" in path:
        return Form.MESSAGES
    return Form.GENERATE if "/models/" in path else Form.CHAT

"""Answers in one piece: their usage, and how much they wrote where they do not say."""

from typing import Any, Final

import msgspec

from gateway.providers.kinds import Form
from gateway.wire.answering.watchers import watcher_for
from gateway.wire.answering.watching import Findings

_USAGE: Final = {Form.GENERATE: "usageMetadata"}


def plain_read(form: Form, body: bytes) -> Findings:
    """What an answer in one piece says. Without usage, `written` has the size of its body in characters."""
    found = Findings()
    try:
        answer = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        found.wrote(len(body))
        return found
    usage = answer.get(_USAGE.get(form, "usage"))
    if isinstance(usage, dict):
        found.usage, found.is_final = usage, True
    else:
        found.wrote(len(body))
    tier = answer.get("service_tier")
    if isinstance(tier, str):
        found.context = {"service_tier": tier}
    found.is_ended = not answer.get("error")
    return found


def plain_estimate(form: Form, found: Findings, prompt: int) -> dict[str, Any]:
    """A usage object for an answer that says none."""
    watcher = watcher_for(form, prompt=prompt, shows_usage=True)
    watcher.found = found
    return watcher.estimate()

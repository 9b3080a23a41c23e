"""A message's frame: who, which model, when, and what went wrong. Its parts are put into the frame's slot."""

from typing import Any

from django.utils.safestring import SafeString, mark_safe

from sync.transcript.changes import changed_files, changes_facts
from sync.transcript.document import Message
from sync.transcript.fields import at, dict_at, list_at, number_at, text_at
from sync.transcript.parts import part_body
from sync.transcript.templates import fill
from sync.transcript.wording import duration, moment, one_line

# Nothing untrusted can hold this: all text is escaped, and the sanitiser strips comments.
PARTS_SLOT = "<!--parts-->"
INNER_PARTS = 500


def message_frame(message: Message) -> SafeString:
    """The message's HTML with PARTS_SLOT where its parts go."""
    data = message.data
    start, end = number_at(data, "time", "created"), number_at(data, "time", "completed")
    role = message.role
    context = {
        "message": message,
        "role": role if role in {"user", "assistant"} else "other",
        "role_name": one_line(role, 40) or "message",
        "model": model_of(data),
        "agent": one_line(text_at(data, "agent") or text_at(data, "mode"), 60) if role == "assistant" else "",
        "created": moment(start),
        "took": duration(start, end) if role == "assistant" else "",
        "is_working": role == "assistant" and not end and not dict_at(data, "error"),
        "error": error_of(data),
        # What this turn changed; agents since 1.18 tell it here and leave the session's own diff empty.
        "changes": changes_facts(changed_files(at(data, "summary", "diffs"))),
        "inner": [part_body(part) for part in list_at(data, "parts")[:INNER_PARTS]],
        "slot": mark_safe(PARTS_SLOT),  # noqa: S308 - a constant
    }
    return fill("message", context)


def model_of(data: dict[str, Any]) -> str:
    """`provider/model` of an assistant's message; empty on others."""
    if text_at(data, "role") != "assistant":
        return ""
    model, provider = text_at(data, "modelID"), text_at(data, "providerID")
    return one_line(f"{provider}/{model}" if provider and model else model, 120)


def error_of(data: dict[str, Any]) -> dict[str, str]:
    """`name` and `message` of an assistant's error; the rest can hold a provider's headers, so it is not shown."""
    error = dict_at(data, "error")
    if not error:
        return {}
    message = text_at(error, "data", "message") or text_at(error, "message")
    return {"name": one_line(text_at(error, "name") or "error", 80), "message": one_line(message, 2_000)}

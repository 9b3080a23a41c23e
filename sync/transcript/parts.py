"""One part of a message to HTML: which template shows it, and with what."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.utils.safestring import SafeString, mark_safe

from sync.transcript.code import code_block
from sync.transcript.fields import at, count_at, list_at, number_at, pretty_json, text_at
from sync.transcript.markdown import render_markdown
from sync.transcript.pictures import data_url_bytes, picture_source
from sync.transcript.templates import fill
from sync.transcript.tools import tool_call
from sync.transcript.wording import byte_size, dollars, duration, one_line, plural

SHOWN_PATHS = 50
NOTHING = mark_safe("")


class Shown(NamedTuple):
    """A template under `sync/parts/` and its context."""

    template: str
    context: dict[str, Any]


def part_body(data: Any) -> SafeString:
    """The HTML of a part's content; empty for a part that shows nothing (an empty text, a step's start)."""
    read = _READERS.get(text_at(data, "type"))
    shown = read(data) if read is not None else _unknown(data)
    if shown is None:
        return NOTHING
    # A part may hold its own `truncated`: something of it was too large to be kept.
    context = {**shown.context, "is_cut": at(data, "truncated") not in (None, False)}
    return fill(shown.template, context)


def _text(data: dict[str, Any]) -> Shown | None:
    text = text_at(data, "text")
    if not text.strip():
        return None
    added = at(data, "synthetic") is True or at(data, "ignored") is True
    return Shown("context" if added else "text", {"html": render_markdown(text)})


def _reasoning(data: dict[str, Any]) -> Shown | None:
    text = text_at(data, "text")
    if not text.strip():
        return None
    took = duration(number_at(data, "time", "start"), number_at(data, "time", "end"))
    return Shown("reasoning", {"html": render_markdown(text), "took": took})


def _tool(data: dict[str, Any]) -> Shown:
    files = [_file_facts(file) for file in list_at(data, "state", "attachments")[:SHOWN_PATHS]]
    return Shown("tool", {"call": tool_call(data), "files": files})


def _file(data: dict[str, Any]) -> Shown:
    return Shown("file", {"file": _file_facts(data)})


def _file_facts(data: Any) -> dict[str, str]:
    url, mime = text_at(data, "url"), one_line(text_at(data, "mime"), 80)
    size = data_url_bytes(url)
    name = one_line(text_at(data, "filename"), 200) or one_line(text_at(data, "source", "path"), 200)
    facts = {"name": name or "file", "mime": mime, "size": byte_size(size) if size is not None else ""}
    return {**facts, "picture": picture_source(url)}


def _step_finish(data: dict[str, Any]) -> Shown | None:
    counts = {
        "in": count_at(data, "tokens", "input"),
        "out": count_at(data, "tokens", "output"),
        "reasoning": count_at(data, "tokens", "reasoning"),
        "cached": count_at(data, "tokens", "cache", "read"),
    }
    facts = [f"{count:,} {name}" for name, count in counts.items() if count]
    cost = dollars(number_at(data, "cost"))
    reason = one_line(text_at(data, "reason"), 40)
    if not facts and not cost:
        return None
    return Shown("step_finish", {"tokens": facts, "cost": cost, "reason": reason})


def _patch(data: dict[str, Any]) -> Shown | None:
    paths = [one_line(path) for path in list_at(data, "files") if isinstance(path, str)]
    if not paths:
        return None
    hidden = len(paths) - SHOWN_PATHS
    context = {"paths": paths[:SHOWN_PATHS], "label": plural(len(paths), "file") + " changed", "hidden": max(0, hidden)}
    return Shown("patch", context)


def _agent(data: dict[str, Any]) -> Shown:
    return Shown("note", {"label": "agent", "text": one_line(text_at(data, "name"))})


def _subtask(data: dict[str, Any]) -> Shown:
    context = {
        "agent": one_line(text_at(data, "agent"), 80),
        "title": one_line(text_at(data, "description") or text_at(data, "command")),
        "html": render_markdown(text_at(data, "prompt")),
    }
    return Shown("subtask", context)


def _retry(data: dict[str, Any]) -> Shown:
    message = text_at(data, "error", "data", "message") or text_at(data, "error", "message") or text_at(data, "error")
    return Shown("note", {"label": f"retry {count_at(data, 'attempt') or ''}", "text": one_line(message)})


def _compaction(data: dict[str, Any]) -> Shown:
    how = "automatically" if at(data, "auto") is True else "on request"
    return Shown("note", {"label": "compaction", "text": f"the conversation so far was summarised {how}"})


def _nothing(data: dict[str, Any]) -> None:
    return None


def _unknown(data: Any) -> Shown:
    kind = one_line(text_at(data, "type"), 80) or "unreadable part"
    return Shown("unknown", {"kind": kind, "block": code_block(pretty_json(data), language="json")})


_READERS: dict[str, Callable[[dict[str, Any]], Shown | None]] = {
    "text": _text,
    "reasoning": _reasoning,
    "tool": _tool,
    "file": _file,
    "step-start": _nothing,
    "step-finish": _step_finish,
    "snapshot": _nothing,
    "patch": _patch,
    "agent": _agent,
    "subtask": _subtask,
    "retry": _retry,
    "compaction": _compaction,
}

"""Renders one part of a message as HTML."""

from collections.abc import Callable
from typing import Any, Final

from sync.render.attachments import attachment
from sync.render.code import code_block, code_figure
from sync.render.fields import at, count_at, list_at, number_at, pretty_json, text_at
from sync.render.html import NOTHING, Html, block, joined, lines, tag
from sync.render.markdown import render_markdown
from sync.render.toolblock import tool_fold
from sync.render.values import values_section
from sync.render.wording import dollars, duration, plural, short_line

SHOWN_PATHS: Final = 50
PLAIN_REASONS: Final = frozenset({"", "stop", "tool-calls"})


def part_body(data: Any, key: str = "") -> Html:
    """The HTML of a part's content; empty for a part that shows nothing (an empty text, a step's start).

    `key` is the part's entry, for links to pages of its output; a part inside its message has none.
    """
    kind = text_at(data, "type")
    return _tool(data, key) if kind == "tool" else _READERS.get(kind, _unknown)(data)


def part_label(data: Any) -> str:
    """What a part is, in a few words."""
    kind = text_at(data, "type")
    names = {
        "tool": (text_at(data, "tool"), text_at(data, "state", "title")),
        "file": ("file", text_at(data, "filename")),
    }
    return short_line(" · ".join(filter(None, names.get(kind, (kind,)))), 120) or "part"


def _text(data: dict[str, Any]) -> Html:
    text = text_at(data, "text")
    if not text.strip():
        return NOTHING
    rich = _rich(text)
    if at(data, "synthetic") is True or at(data, "ignored") is True:
        return _fold("context", "Context added by the agent", rich)
    return lines(rich, _cut(data))


def _reasoning(data: dict[str, Any]) -> Html:
    text = text_at(data, "text")
    if not text.strip():
        return NOTHING
    took = duration(number_at(data, "time", "start"), number_at(data, "time", "end"))
    return _fold("reasoning", lines("Reasoning", tag("span", took, class_="took") if took else None), _rich(text))


def _tool(data: dict[str, Any], key: str) -> Html:
    files = list_at(data, "state", "attachments")[:SHOWN_PATHS]
    return tool_fold(data, key, map(attachment, files), _cut(data))


def _file(data: dict[str, Any]) -> Html:
    return lines(attachment(data), _cut(data))


def _step_finish(data: dict[str, Any]) -> Html:
    counts = {
        "in": count_at(data, "tokens", "input"),
        "out": count_at(data, "tokens", "output"),
        "reasoning": count_at(data, "tokens", "reasoning"),
        "cached": count_at(data, "tokens", "cache", "read"),
    }
    facts = [f"{count:,} {name}" for name, count in counts.items() if count]
    cost = dollars(number_at(data, "cost"))
    reason = short_line(text_at(data, "reason"), 40)
    if not facts and not cost:
        return NOTHING
    shown = [tag("span", fact) for fact in [*facts, *([cost] if cost else [])]]
    why = tag("span", tag("bdi", reason)) if reason not in PLAIN_REASONS else None
    return block("p", *shown, why, class_="step-finish")


def _patch(data: dict[str, Any]) -> Html:
    paths = [short_line(path) for path in list_at(data, "files") if isinstance(path, str)]
    if not paths:
        return NOTHING
    named = [tag("li", tag("bdi", path, class_="path")) for path in paths[:SHOWN_PATHS]]
    hidden = len(paths) - SHOWN_PATHS
    more = tag("li", f"and {hidden} more") if hidden > 0 else None
    return _fold("patch", plural(len(paths), "file") + " changed", block("ul", *named, more))


def _agent(data: dict[str, Any]) -> Html:
    return _note("Agent", text_at(data, "name"))


def _subtask(data: dict[str, Any]) -> Html:
    agent = short_line(text_at(data, "agent"), 80)
    title = short_line(text_at(data, "description") or text_at(data, "command"))
    badge = tag("span", tag("bdi", agent), class_="badge") if agent else None
    return _fold("subtask", lines("Subtask", badge, tag("bdi", title)), _rich(text_at(data, "prompt")))


def _retry(data: dict[str, Any]) -> Html:
    message = text_at(data, "error", "data", "message") or text_at(data, "error", "message") or text_at(data, "error")
    return _note(f"Retry {count_at(data, 'attempt') or ''}", message)


def _compaction(data: dict[str, Any]) -> Html:
    how = "automatically" if at(data, "auto") is True else "on request"
    return _note("Compaction", f"the conversation so far was summarised {how}")


def _nothing(data: dict[str, Any]) -> Html:
    return NOTHING


def _unknown(data: Any) -> Html:
    kind = short_line(text_at(data, "type"), 80) or "Unreadable part"
    shown = values_section(data) or code_figure(code_block(pretty_json(data), language="json"), "json")
    return _fold("unknown", tag("bdi", kind), shown)


def _fold(kind: str, summary: str, body: Html) -> Html:
    return block("details", block("summary", summary), body, class_=f"fold {kind}", data_fold=kind)


def _note(label: str, text: str) -> Html:
    words = joined(tag("span", label, class_="note-label"), tag("bdi", short_line(text)), by=" ")
    return tag("p", words, class_="note")


def _rich(text: str) -> Html:
    return tag("div", render_markdown(text), class_="rich")


def _cut(data: Any) -> Html | None:
    """A note on a part's own `truncated` field: some of the part was too large to be kept."""
    if at(data, "truncated") in (None, False):
        return None
    return tag("p", "Some of this was larger than the server keeps.", class_="cut")


_READERS: Final[dict[str, Callable[[Any], Html]]] = {
    "text": _text,
    "reasoning": _reasoning,
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

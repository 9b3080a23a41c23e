"""A tool call as HTML: a fold with its input and its result."""

import re
from collections.abc import Iterable
from typing import Final

from sync.render.code import code_figure
from sync.render.diffs import diff_figure
from sync.render.html import Html, block, joined, tag
from sync.render.tools import Todo, ToolCall

_NO_WORD: Final = re.compile(r"[^a-z0-9]+")


def tool_fold(call: ToolCall, attached: Iterable[Html], cut: Html | None) -> Html:
    """`attached` are the figures of its files; `cut` notes that some of it was not kept."""
    summary = block(
        "summary",
        tag("span", tag("bdi", call.tool), class_="tool-name"),
        tag("span", tag("bdi", call.title), class_="tool-title"),
        tag("span", call.took, class_="took") if call.took else None,
        tag("span", call.status or "unknown", class_="tool-status"),
    )
    body = block(
        "div",
        *(code_figure(code, "input") for code in call.blocks),
        *(diff_figure(file) for file in call.diffs),
        block("ul", *map(_todo, call.todos), class_="todos") if call.todos else None,
        tag("div", call.prose, class_="rich") if call.prose else None,
        code_figure(call.output, "output") if call.output else None,
        code_figure(call.error, "error") if call.error else None,
        *attached,
        cut,
        class_="tool-body",
    )
    state = f"tool tool-{call.status}" if call.status else "tool"
    return block("details", summary, body, class_=state, data_fold="tool")


def _todo(todo: Todo) -> Html:
    state = _NO_WORD.sub("-", todo.status.lower()).strip("-")
    words = joined(tag("span", todo.status, class_="todo-status"), tag("bdi", todo.text), by=" ")
    return tag("li", words, class_=f"todo todo-{state}")

"""Tool calls: a call's input and its result, as sections to show, by a reader for each tool that agents have."""

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from sync.render.code import code_block, code_figure
from sync.render.diagnostics import diagnostics_of, diagnostics_section, edited_paths
from sync.render.diffs import diff_figure
from sync.render.edits import edited_files
from sync.render.fields import at, list_at, text_at
from sync.render.html import Html, block, joined, tag
from sync.render.languages import language_of_file
from sync.render.markdown import render_markdown
from sync.render.outputs import output_figure
from sync.render.questions import questions_section
from sync.render.values import values_section
from sync.render.wording import plural, short_line

SHOWN_TODOS: Final = 200


class Call(NamedTuple):
    """What a reader gets of a call: its `input`, its `metadata`, its `output` as text, and the `key` of its entry."""

    given: dict[str, Any]
    notes: dict[str, Any]
    output: str
    key: str
    has_ended: bool


class Shown(NamedTuple):
    """A call's sections, in order. `title` counts when the agent gave none, or when it `names` the call better.

    `hides_output`: the sections say what the output says. `problems` are errors that the call left in files.
    """

    title: str = ""
    sections: tuple[Html | None, ...] = ()
    hides_output: bool = False
    problems: int = 0
    names: bool = False


def tool_shown(tool: str, call: Call) -> Shown:
    """The call as its tool's reader shows it; names and values for a tool that is not known."""
    return _READERS.get(tool.removeprefix("opencode_"), _any_tool)(call)


def _bash(call: Call) -> Shown:
    command = text_at(call.given, "command")
    figure = code_figure(code_block(command, language="bash", label="Command", kind="command"), "input")
    return Shown(text_at(call.given, "description") or command, (figure if command else None,))


def _path(call: Call) -> str:
    return text_at(call.given, "filePath") or text_at(call.given, "path")


def _read(call: Call) -> Shown:
    """What was read, without the marks that tell the model where it begins."""
    path, display = _path(call), at(call.notes, "display")
    text = text_at(display, "text")
    if text:
        first = at(display, "lineStart")
        label = short_line(path) + (f" from line {first}" if isinstance(first, int) and first > 1 else "")
        figure = output_figure(text, call.key, label=label, language=language_of_file(path))
        return Shown(path, (figure,), hides_output=True)
    entries = [each for each in list_at(display, "entries") if isinstance(each, str)]
    if entries:
        return Shown(path, (output_figure("\n".join(entries), call.key, label=short_line(path)),), hides_output=True)
    return Shown(path)


def _write(call: Call) -> Shown:
    path = _path(call)
    if text_at(call.notes, "diff"):
        return _edit(call)
    code = code_block(text_at(call.given, "content"), language=language_of_file(path), label=short_line(path))
    return _edited(call, path, (code_figure(code, "input"),))


def _edit(call: Call) -> Shown:
    return _edited(call, _path(call), tuple(map(diff_figure, edited_files("edit", call.given, call.notes))))


def _multiedit(call: Call) -> Shown:
    return _edited(call, _path(call), tuple(map(diff_figure, edited_files("multiedit", call.given, call.notes))))


def _patch(call: Call) -> Shown:
    files = edited_files("patch", call.given, call.notes)
    if files:
        title = ", ".join(file.path for file in files[:3])
        if len(files) > 3:
            title += f" and {plural(len(files) - 3, 'more file')}"
        return _edited(call, title, tuple(map(diff_figure, files)))
    text = text_at(call.given, "patchText") or text_at(call.given, "patch")
    return Shown(sections=(code_figure(code_block(text, language="diff", label="Patch"), "input"),))


def _edited(call: Call, title: str, changes: tuple[Html, ...]) -> Shown:
    """Changes of files with what the language server said; agents' outputs repeat both."""
    found = diagnostics_of(call.notes, edited_paths(call.given, call.notes))
    is_repeated = call.output.startswith(_DONE) or not call.output
    return Shown(title, (*changes, diagnostics_section(found)), is_repeated, found.errors, names="files" in call.notes)


def _todos(call: Call) -> Shown:
    items = (list_at(call.notes, "todos") or list_at(call.given, "todos"))[:SHOWN_TODOS]
    shown = block("ul", *map(_todo, items), class_="todos")
    return Shown("", (shown if items else None,), hides_output=bool(items))


def _todo(item: Any) -> Html:
    status = short_line(text_at(item, "status"), 20)
    state = status.lower() if status in _TODO_STATES else "other"
    words = tag("span", status.replace("_", " "), class_="todo-status")
    return tag(
        "li",
        joined(words, tag("bdi", short_line(text_at(item, "content"))), by=" "),
        class_=f"todo todo-{state.replace('_', '-')}",
    )


def _question(call: Call) -> Shown:
    shown = questions_section(call.given, call.notes, has_ended=call.has_ended)
    header = next((text_at(each, "header") for each in list_at(call.given, "questions")), "")
    return Shown(header, (shown,), hides_output=shown is not None)


def _search(call: Call) -> Shown:
    where = _path(call) or text_at(call.given, "include")
    return Shown(text_at(call.given, "pattern") + (f" in {where}" if where else ""))


def _address(call: Call) -> Shown:
    return Shown(text_at(call.given, "url") or text_at(call.given, "query"))


def _skill(call: Call) -> Shown:
    return Shown(text_at(call.given, "name"))


def _task(call: Call) -> Shown:
    """The order to another agent and its answer, both in Markdown."""
    agent = short_line(text_at(call.given, "subagent_type"), 60)
    order = tag("div", render_markdown(text_at(call.given, "prompt")), class_="rich task-order")
    _, opening, rest = call.output.partition("<task_result>")
    answer = rest.rpartition("</task_result>")[0] if opening else ""
    shown = tag("div", render_markdown(answer.strip()), class_="rich task-answer") if answer.strip() else None
    who = tag("p", joined("Agent:", tag("bdi", agent), by=" "), class_="note") if agent else None
    return Shown(text_at(call.given, "description"), (who, order, shown), hides_output=shown is not None)


def _invalid(call: Call) -> Shown:
    error = text_at(call.given, "error")
    figure = output_figure(error, call.key, label="Error") if error else None
    return Shown(text_at(call.given, "tool"), (figure,), hides_output=bool(error), names=True)


def _any_tool(call: Call) -> Shown:
    return Shown(sections=(values_section(call.given),))


def section_block(sections: Iterable[Html | None]) -> Html:
    return block("div", *sections, class_="tool-body")


_DONE: Final = ("Edit applied successfully", "Wrote file successfully", "Success. Updated the following files")
_TODO_STATES: Final = frozenset({"pending", "in_progress", "completed", "cancelled"})
_READERS: Final[dict[str, Callable[[Call], Shown]]] = {
    "bash": _bash,
    "shell": _bash,
    "read": _read,
    "list": _read,
    "write": _write,
    "edit": _edit,
    "multiedit": _multiedit,
    "patch": _patch,
    "apply_patch": _patch,
    "todowrite": _todos,
    "todoread": _todos,
    "question": _question,
    "grep": _search,
    "glob": _search,
    "webfetch": _address,
    "websearch": _address,
    "codesearch": _address,
    "skill": _skill,
    "task": _task,
    "invalid": _invalid,
}

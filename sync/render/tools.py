"""Tool calls: a call's input and its result, as blocks to show."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sync.render.code import CodeBlock, code_block
from sync.render.diffs import FileDiff, file_diff, patch_diff, unified
from sync.render.fields import at, dict_at, list_at, number_at, pretty_json, text_at
from sync.render.html import Html
from sync.render.languages import language_of_file
from sync.render.markdown import render_markdown
from sync.render.wording import duration, short_line

STATUSES: Final = ("pending", "running", "completed", "error")
SHOWN_FILES: Final = 40
SHOWN_TODOS: Final = 200


class Todo(NamedTuple):
    text: str
    status: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call as shown: `status` is one of STATUSES, or empty for any other value."""

    tool: str
    title: str
    status: str
    took: str
    blocks: tuple[CodeBlock, ...] = ()
    diffs: tuple[FileDiff, ...] = ()
    todos: tuple[Todo, ...] = ()
    prose: Html | None = None
    output: CodeBlock | None = None
    error: CodeBlock | None = None


class Shown(NamedTuple):
    """A tool's input as its own reader shows it; `hides_output` when the output only repeats the input."""

    title: str = ""
    blocks: tuple[CodeBlock, ...] = ()
    diffs: tuple[FileDiff, ...] = ()
    todos: tuple[Todo, ...] = ()
    prose: Html | None = None
    language: str = ""
    hides_output: bool = False


def tool_call(data: dict[str, Any]) -> ToolCall:
    """The call in a part of type tool."""
    state = dict_at(data, "state")
    name = short_line(text_at(data, "tool") or "tool", 80)
    given = dict_at(state, "input")
    shown = _READERS.get(name.removeprefix("opencode_"), _any_tool)(given, dict_at(state, "metadata"))
    status = text_at(state, "status")
    error = text_at(state, "error")
    return ToolCall(
        tool=name,
        title=short_line(text_at(state, "title") or shown.title),
        status=status if status in STATUSES else "",
        took=duration(number_at(state, "time", "start"), number_at(state, "time", "end")),
        blocks=shown.blocks,
        diffs=shown.diffs,
        todos=shown.todos,
        prose=shown.prose,
        output=None if shown.hides_output and not error else _output(state, shown.language),
        error=code_block(error, label="error", kind="output") if error else None,
    )


def _output(state: dict[str, Any], language: str) -> CodeBlock | None:
    """The finished output, or what a running program has printed so far."""
    output = at(state, "output")
    if output is None:
        output = at(state, "metadata", "output")
    if output is None or output == "":
        return None
    text = output if isinstance(output, str) else pretty_json(output)
    return code_block(text, label="output", language=language, kind="output")


def _bash(given: dict[str, Any], notes: dict[str, Any]) -> Shown:
    command = text_at(given, "command")
    block = code_block(command, language="bash", label="command", kind="command")
    return Shown(title=text_at(given, "description") or command, blocks=(block,) if command else ())


def _path(given: dict[str, Any]) -> str:
    return text_at(given, "filePath") or text_at(given, "path")


def _read(given: dict[str, Any], notes: dict[str, Any]) -> Shown:
    return Shown(title=_path(given))


def _write(given: dict[str, Any], notes: dict[str, Any]) -> Shown:
    path, text = _path(given), text_at(given, "content")
    if text_at(notes, "diff"):
        return Shown(title=path, diffs=(patch_diff(text_at(notes, "diff"), path=path),))
    return Shown(title=path, blocks=(code_block(text, language=language_of_file(path), label=short_line(path)),))


def _edit(given: dict[str, Any], notes: dict[str, Any]) -> Shown:
    path = _path(given)
    patch = text_at(notes, "diff") or unified(text_at(given, "oldString"), text_at(given, "newString"))
    return Shown(title=path, diffs=(patch_diff(patch, path=path),))


def _multiedit(given: dict[str, Any], notes: dict[str, Any]) -> Shown:
    path = _path(given)
    edits = list_at(given, "edits")[:SHOWN_FILES]
    patches = [unified(text_at(edit, "oldString"), text_at(edit, "newString")) for edit in edits]
    return Shown(title=path, diffs=tuple(patch_diff(patch, path=path) for patch in patches))


def _patch(given: dict[str, Any], notes: dict[str, Any]) -> Shown:
    files = tuple(filter(None, map(file_diff, list_at(notes, "files")[:SHOWN_FILES])))
    if files:
        return Shown(diffs=files)
    text = text_at(given, "patchText") or text_at(given, "patch")
    return Shown(blocks=(code_block(text, language="diff", label="patch"),))


def _todos(given: dict[str, Any], notes: dict[str, Any]) -> Shown:
    items = list_at(given, "todos")[:SHOWN_TODOS]
    todos = ((text_at(item, "content"), text_at(item, "status").replace("_", " ")) for item in items)
    shown = tuple(Todo(short_line(text), short_line(status, 20)) for text, status in todos)
    return Shown(todos=shown, hides_output=bool(shown))


def _search(given: dict[str, Any], notes: dict[str, Any]) -> Shown:
    where = _path(given)
    return Shown(title=text_at(given, "pattern") + (f" in {where}" if where else ""))


def _address(given: dict[str, Any], notes: dict[str, Any]) -> Shown:
    return Shown(title=text_at(given, "url") or text_at(given, "query"))


def _task(given: dict[str, Any], notes: dict[str, Any]) -> Shown:
    return Shown(title=text_at(given, "description"), prose=render_markdown(text_at(given, "prompt")))


def _any_tool(given: dict[str, Any], notes: dict[str, Any]) -> Shown:
    if not given:
        return Shown()
    return Shown(blocks=(code_block(pretty_json(given), language="json", label="input"),))


_READERS: Final[dict[str, Callable[[dict[str, Any], dict[str, Any]], Shown]]] = {
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
    "grep": _search,
    "glob": _search,
    "webfetch": _address,
    "websearch": _address,
    "codesearch": _address,
    "task": _task,
}

"""One entry as Markdown for an export: messages as they were written, tool calls in fenced blocks."""

import re
from typing import Any, Final

from sync.protocol.keys import EntryKey
from sync.protocol.legacy import modern_message
from sync.protocol.toolcalls import tool_outcome
from sync.render.changes import changed_files
from sync.render.fields import at, list_at, number_at, pretty_json, text_at
from sync.render.order import error_of, model_of
from sync.render.wording import headed, moment, short_line, terminal_text

OUTPUT_CHARACTERS: Final = 20_000
_BACKTICKS: Final = re.compile("`{3,}")


def entry_text(name: EntryKey | None, data: Any) -> str:
    """The paragraphs of a message's head, a part or the session's changes, separated by empty lines."""
    kind = name.kind if name is not None else ""
    pieces = {"message": _message, "part": _part, "diff": _changes}.get(kind, _nothing)(data)
    return "\n\n".join(filter(None, pieces))


def _nothing(data: Any) -> list[str]:
    return []


def _message(data: Any) -> list[str]:
    """The message's head, the parts that agents 0.1.x keep inside it, and its error."""
    data = modern_message(data)
    model, created = model_of(data), moment(number_at(data, "time", "created"))
    head = [
        headed(text_at(data, "role"), "Message"),
        model,
        f"{created:%Y-%m-%d %H:%M:%S} UTC" if created else "",
    ]
    error = error_of(data)
    inner = [piece for part in list_at(data, "parts") for piece in _part(part)]
    failed = f"**{error['name']}** {error['message']}".rstrip() if error else ""
    return ["## " + " · ".join(filter(None, head)), *inner, failed]


def _part(data: Any) -> list[str]:
    kind = text_at(data, "type")
    if kind == "text":
        return [text_at(data, "text").strip()]
    if kind == "reasoning":
        return ["\n".join(f"> {line}".rstrip() for line in text_at(data, "text").strip().splitlines())]
    if kind == "tool":
        return _tool(data)
    if kind == "file":
        name = short_line(text_at(data, "filename")) or "file"
        return [f"*attached: {name} ({short_line(text_at(data, 'mime'), 80) or 'unknown type'})*"]
    if kind == "subtask":
        return [f"**subtask** {short_line(text_at(data, 'description'))}", text_at(data, "prompt").strip()]
    return []


def _tool(data: dict[str, Any]) -> list[str]:
    """The call's title and status, its input, its result."""
    name = short_line(text_at(data, "tool"), 80) or "tool"
    status = tool_outcome(data).words or short_line(text_at(data, "state", "status"), 20)
    title = short_line(text_at(data, "state", "title"))
    pieces = [" · ".join(filter(None, (f"**{name}**", title, status)))]
    command, given = text_at(data, "state", "input", "command"), at(data, "state", "input")
    if command:
        pieces.append(fenced(command, "sh"))
    elif given:
        pieces.append(fenced(pretty_json(given), "json"))
    result = text_at(data, "state", "error") or at(data, "state", "output")
    if result:
        pieces.append(fenced(_ends(terminal_text(result if isinstance(result, str) else pretty_json(result)))))
    return pieces


def _ends(text: str) -> str:
    """The text without its middle when it is long: what an output is looked at for stands at its end."""
    if len(text) <= OUTPUT_CHARACTERS:
        return text
    start, end = OUTPUT_CHARACTERS // 4, len(text) - OUTPUT_CHARACTERS // 2
    return f"{text[:start]}\n… {end - start:,} characters between …\n{text[end:]}"


def _changes(data: Any) -> list[str]:
    files = changed_files(data)
    blocks = ["## changes"] if files else []
    for file in files:
        blocks.append(f"### {file.path} (+{file.additions} −{file.deletions})")
        if file.lines:
            blocks.append(fenced("\n".join(line.signed for line in file.lines), "diff"))
    return blocks


def fenced(text: str, language: str = "") -> str:
    """A code block whose fence is longer than any run of backticks in the text."""
    cut = text if len(text) <= OUTPUT_CHARACTERS else text[:OUTPUT_CHARACTERS] + "\n…"
    fence = "`" * max([3, *(len(run) + 1 for run in _BACKTICKS.findall(cut))])
    return f"{fence}{language}\n{cut.rstrip(chr(10))}\n{fence}"

"""A session as Markdown: what was said as it was written, what tools did in fenced blocks."""

from collections.abc import Iterable
from typing import Any

from sync.transcript.changes import changed_files
from sync.transcript.document import Document, Message, Row, build_document
from sync.transcript.facts import UNTITLED
from sync.transcript.fields import at, list_at, number_at, pretty_json, text_at
from sync.transcript.messages import error_of, model_of
from sync.transcript.page import document_models
from sync.transcript.wording import moment, one_line, terminal_text

OUTPUT_CHARACTERS = 20_000


def export_markdown(rows: Iterable[Row], *, title: str = "") -> str:
    document = build_document(rows)
    pieces = [f"# {one_line(title or text_at(document.info, 'title')) or UNTITLED}", *_facts(document)]
    for message in document.messages:
        pieces += _message(message)
    pieces += _changes(document)
    return "\n\n".join(pieces) + "\n"


def _facts(document: Document) -> list[str]:
    facts = []
    started = moment(number_at(document.info, "time", "created"))
    if started:
        facts.append(f"- started: {started:%Y-%m-%d %H:%M:%S} UTC")
    models = [label for label, _ in document_models(document)]
    if models:
        facts.append(f"- models: {', '.join(models)}")
    return ["\n".join(facts)] if facts else []


def _message(message: Message) -> list[str]:
    model, created = model_of(message.data), moment(number_at(message.data, "time", "created"))
    head = [one_line(message.role, 40) or "message", model, f"{created:%Y-%m-%d %H:%M:%S} UTC" if created else ""]
    parts = [*list_at(message.data, "parts"), *(part.entry.data for part in message.parts)]
    error = error_of(message.data)
    pieces = ["## " + " · ".join(filter(None, head)), *filter(None, map(_part, parts))]
    if error:
        pieces.append(f"**{error['name']}** {error['message']}".rstrip())
    return pieces


def _part(data: Any) -> str:
    kind = text_at(data, "type")
    if kind == "text":
        return text_at(data, "text").strip()
    if kind == "reasoning":
        return "\n".join(f"> {line}".rstrip() for line in text_at(data, "text").strip().splitlines())
    if kind == "tool":
        return _tool(data)
    if kind == "file":
        name = one_line(text_at(data, "filename")) or "file"
        return f"*attached: {name} ({one_line(text_at(data, 'mime'), 80) or 'unknown type'})*"
    if kind == "subtask":
        return f"**subtask** {one_line(text_at(data, 'description'))}\n\n{text_at(data, 'prompt').strip()}".strip()
    return ""


def _tool(data: dict[str, Any]) -> str:
    """The call's title and status, its input, what came of it."""
    name, status = one_line(text_at(data, "tool"), 80) or "tool", one_line(text_at(data, "state", "status"), 20)
    title = one_line(text_at(data, "state", "title"))
    pieces = [" · ".join(filter(None, (f"**{name}**", title, status)))]
    command, given = text_at(data, "state", "input", "command"), at(data, "state", "input")
    if command:
        pieces.append(fenced(command, "sh"))
    elif given:
        pieces.append(fenced(pretty_json(given), "json"))
    result = text_at(data, "state", "error") or at(data, "state", "output")
    if result:
        pieces.append(fenced(terminal_text(result if isinstance(result, str) else pretty_json(result))))
    return "\n\n".join(pieces)


def _changes(document: Document) -> list[str]:
    files = changed_files(document.diff.data) if document.diff else []
    if not files:
        return []
    blocks = []
    for file in files:
        blocks.append(f"### {file.path} (+{file.additions} −{file.deletions})")
        if file.lines:
            blocks.append(fenced("\n".join(line.signed for line in file.lines), "diff"))
    return ["## changes", *blocks]


def fenced(text: str, language: str = "") -> str:
    """A code block whose fence is longer than any run of backticks in the text."""
    cut = text if len(text) <= OUTPUT_CHARACTERS else text[:OUTPUT_CHARACTERS] + "\n…"
    fence = "```"
    while fence in cut:
        fence += "`"
    return f"{fence}{language}\n{cut.rstrip(chr(10))}\n{fence}"

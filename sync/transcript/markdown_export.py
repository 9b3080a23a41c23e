"""A session as Markdown, a piece at a time: what was said as it was written, what tools did in fenced blocks."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sync.render.entries import Job
from sync.render.fields import number_at, text_at
from sync.render.wording import moment, one_line
from sync.transcript.document import Document, Entry, Row, build_document
from sync.transcript.facts import UNTITLED
from sync.transcript.page import document_models
from sync.transcript.workers.pool import POOL, Outcome, Task
from sync.transcript.workers.turns import Patience

# An export has no reader who waits for its first line; it only makes room for pages.
PATIENCE_SECONDS: Final = 60.0
_NOT_SHOWN: Final = "*(this entry could not be written as Markdown; the JSON export has it)*"


def export_markdown(rows: Iterable[Row], *, title: str = "") -> str:
    document = build_document(rows)
    texts = [*document_texts(document), *entry_texts([document.diff] if document.diff else [])]
    return "\n\n".join([head_text(document, title), *texts]) + "\n"


def head_text(document: Document, title: str) -> str:
    facts = []
    started = moment(number_at(document.info, "time", "created"))
    if started:
        facts.append(f"- started: {started:%Y-%m-%d %H:%M:%S} UTC")
    models = [label for label, _ in document_models(document)]
    if models:
        facts.append(f"- models: {', '.join(models)}")
    name = one_line(title or text_at(document.info, "title")) or UNTITLED
    return "\n\n".join(filter(None, (f"# {name}", "\n".join(facts))))


def document_texts(document: Document) -> Iterator[str]:
    """Each message with its parts."""
    for message in document.messages:
        yield from entry_texts([message.entry, *(part.entry for part in message.parts)])


def entry_texts(entries: Sequence[Entry]) -> list[str]:
    """The Markdown of those that have any."""
    tasks = [_task(entry) for entry in entries]
    patience = Patience(in_line=PATIENCE_SECONDS, altogether=PATIENCE_SECONDS)
    return list(filter(None, map(_text, POOL.render(("export", id(tasks)), tasks, patience))))


def _task(entry: Entry) -> Task:
    return Task(None, lambda: Job("text", entry.key, entry.seq, entry.content))


def _text(outcome: Outcome) -> str:
    return outcome.rendered.text if outcome.rendered is not None else _NOT_SHOWN

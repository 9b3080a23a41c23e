"""A session as Markdown, written in pieces: messages as they were written, tool calls in fenced blocks."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from sync.errors import SessionGone
from sync.render.entries import Job
from sync.render.fields import number_at, text_at
from sync.render.wording import moment, short_line
from sync.store import EntryPosition, Window
from sync.transcript.document import Document, Entry, build_document
from sync.transcript.facts import UNTITLED
from sync.transcript.page import document_models
from sync.transcript.workers.pool import POOL, Outcome, Task
from sync.transcript.workers.turns import Patience

# An export has no reader waiting for its first line; it only has to let pages go first.
PATIENCE_SECONDS: Final = 60.0
NOT_WRITTEN: Final = "*(this entry could not be written as Markdown; the JSON export has it)*"
BEGINNING: Final = EntryPosition("")
ReadWindow = Callable[[EntryPosition], Window | None]
"""Reads the page that begins at a position."""
ReadContent = Callable[[str], str]
"""Reads the whole content of a key's entry."""


def export_markdown(
    read: ReadWindow, content_of: ReadContent, *, title: str = "", model: str = "", state: str = ""
) -> Iterator[str]:
    """The Markdown in pieces. Raises SessionGone before the first one, or later when the session is erased."""
    window = _required(read(BEGINNING))
    document = first = build_document(window.rows)
    yield _head(document, title, model, state)
    last = ""
    while True:
        for message in document.messages:
            # A message that continues from the page before has its head already.
            head = [message.entry] if message.id != last else []
            last = message.id
            yield from _texts([*head, *(part.entry for part in message.parts)], content_of)
        if window.later is None:
            break
        window = _required(read(window.later), window.epoch)
        document = build_document(window.rows)
    yield from _texts([first.diff] if first.diff else [], content_of)


def _required(window: Window | None, epoch: str = "") -> Window:
    if window is None or (epoch and window.epoch != epoch):
        raise SessionGone
    return window


def _head(document: Document, title: str, model: str, state: str) -> str:
    facts = [f"- state: {state}"] if state else []
    started = moment(number_at(document.info, "time", "created"))
    if started:
        facts.append(f"- started: {started:%Y-%m-%d %H:%M:%S} UTC")
    models = list(dict.fromkeys(filter(None, [*(label for label, _ in document_models(document)), short_line(model)])))
    if models:
        facts.append(f"- models: {', '.join(models)}")
    name = short_line(title or text_at(document.info, "title")) or UNTITLED
    return "\n\n".join(filter(None, (f"# {name}", "\n".join(facts)))) + "\n"


def _texts(entries: Sequence[Entry], content_of: ReadContent) -> Iterator[str]:
    """The paragraphs of the entries that have any."""
    tasks = [_task(entry, content_of) for entry in entries]
    patience = Patience(in_line=PATIENCE_SECONDS, altogether=PATIENCE_SECONDS)
    for text in filter(None, map(_text, POOL.render(("export", id(tasks)), tasks, patience))):
        yield f"\n{text}\n"


def _task(entry: Entry, content_of: ReadContent) -> Task:
    def job() -> Job:
        return Job("text", entry.key, entry.seq, content_of(entry.key) if entry.is_cut else entry.content)

    return Task(None, job)


def _text(outcome: Outcome) -> str:
    return outcome.rendered.text if outcome.rendered is not None else NOT_WRITTEN

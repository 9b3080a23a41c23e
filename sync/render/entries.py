"""The rendering process's jobs and answers: one entry as HTML, or as Markdown for an export."""

from collections.abc import Callable
from typing import Final

import msgspec

from sync.protocol.keys import ASK_KIND, EntryKey, parse_key
from sync.protocol.legacy import modern_message
from sync.render.asks import ask_card, ask_title
from sync.render.changes import changes_section
from sync.render.code import code_block, code_figure
from sync.render.comparison import change_fold
from sync.render.edits import edits_html
from sync.render.effort import one_entry
from sync.render.fields import decode, pretty_json, text_at
from sync.render.html import NOTHING, Html, block, tag
from sync.render.messages import message_frame
from sync.render.outputs import chunk_figure, raw_result, result_of
from sync.render.parts import part_body, part_label
from sync.render.text import entry_text
from sync.render.wording import headed, short_line

# The largest answer; a picture alone may have 6 MB.
OUTPUT_BYTES: Final = 8 * 1024 * 1024


class Job(msgspec.Struct, array_like=True, frozen=True):
    """`form` is `html`, `text` (Markdown for an export), `change` (from `before` to `content`, either may be empty),
    `output` (page `chunk` of what a tool call put out), `raw` (all of that, as it is) or `edits` (of files, by a call).

    `is_whole`: no large piece is replaced by a link. `is_cautious`: only steps linear in the input are taken.
    """

    form: str
    key: str
    seq: int
    content: str
    before: str = ""
    is_whole: bool = False
    is_cautious: bool = False
    chunk: int = 0


class Rendered(msgspec.Struct, array_like=True, frozen=True):
    """`text` is safe HTML, Markdown, or for `raw` the text itself; `label` says in a few words what the entry is.

    Of `edits`, the label is JSON: which files they are of (`sync.render.edits`).
    """

    text: str
    label: str = ""


def render(job: Job) -> Rendered:
    """The job's result. Raises whatever an entry's content makes the renderers raise, including MemoryError."""
    with one_entry(is_cautious=job.is_cautious):
        return _rendered(job)


def _rendered(job: Job) -> Rendered:
    name = parse_key(job.key)
    if job.form == "text":
        return Rendered(entry_text(name, decode(job.content)))
    if job.form == "change":
        # A plain `str`, here and below: the wire format knows no other type of text.
        return Rendered(str(change_fold(job.key, name, job.before, job.content)))
    if job.form == "edits":
        html, files = edits_html(decode(job.content))
        return Rendered(str(html), files)
    if name is None:
        return Rendered("")
    if job.form in {"output", "raw"}:
        return _result(job, name)
    return Rendered(str(_FORMS.get(name.kind, _other)(job, name)), _label(job, name))


def _result(job: Job, name: EntryKey) -> Rendered:
    """Empty for an entry that is no tool call."""
    data = decode(job.content)
    if name.kind != "part" or text_at(data, "type") != "tool":
        return Rendered("")
    if job.form == "raw":
        return Rendered(raw_result(data), part_label(data))
    return Rendered(str(chunk_figure(result_of(data), job.key, job.chunk)), part_label(data))


def _part(job: Job, name: EntryKey) -> Html:
    body = part_body(decode(job.content), job.key)
    if not body:
        return NOTHING
    message_id, part_id = name.segments
    return tag(
        "div",
        body,
        class_="part",
        id=part_id,
        data_key=job.key,
        data_seq=job.seq,
        data_order=part_id,
        data_parent=message_id,
    )


def _message(job: Job, name: EntryKey) -> Html:
    data = modern_message(decode(job.content))
    return message_frame(name.segments[0], job.key, job.seq, data, is_whole=job.is_whole)


def _diff(job: Job, name: EntryKey) -> Html:
    return changes_section(job.key, job.seq, decode(job.content))


def _ask(job: Job, _name: EntryKey) -> Html:
    return ask_card(job.key, job.seq, decode(job.content))


def _other(job: Job, name: EntryKey) -> Html:
    code = code_figure(code_block(pretty_json(decode(job.content)), language="json"), "json")
    summary = tag("summary", tag("bdi", headed(name.kind, "Entry", 80)))
    fold = block("details", summary, code, class_="fold unknown", data_fold="unknown")
    return tag("div", fold, class_="part other", data_key=job.key, data_seq=job.seq, data_order=job.key)


def _label(job: Job, name: EntryKey) -> str:
    if name.kind == "part":
        return part_label(decode(job.content))
    if name.kind == ASK_KIND:
        return ask_title(decode(job.content))
    return "Changed files" if name.kind == "diff" else short_line(name.kind, 80)


_FORMS: Final[dict[str, Callable[[Job, EntryKey], Html]]] = {
    "part": _part,
    "message": _message,
    "diff": _diff,
    ASK_KIND: _ask,
}

"""A whole document as HTML for one page, from cached fragments."""

from dataclasses import dataclass

from django.utils.safestring import SafeString, mark_safe

from sync.transcript.document import Document
from sync.transcript.fields import decode, text_at
from sync.transcript.fragments import diff_html, message_html, other_html, part_html
from sync.transcript.messages import PARTS_SLOT, model_of
from sync.transcript.wording import one_line


@dataclass(frozen=True, slots=True)
class Transcript:
    """The pieces a page puts into its slots; each came out of an escaping template or the sanitiser."""

    messages: SafeString
    changes: SafeString
    orphans: SafeString
    others: SafeString
    models: tuple[tuple[str, str], ...]


def render_transcript(document: Document, epoch: str) -> Transcript:
    """`orphans` belongs into an inert <template>: it shows once its message comes."""
    pieces: list[str] = []
    for message in document.messages:
        frame, _, end = message_html(message, epoch).partition(PARTS_SLOT)
        pieces += [frame, *(part_html(part, epoch) for part in message.parts), end]
    return Transcript(
        messages=_safe("".join(pieces)),
        changes=_safe(diff_html(document.diff, epoch) if document.diff else ""),
        orphans=_safe("".join(part_html(part, epoch) for part in document.orphans)),
        others=_safe("".join(other_html(entry, epoch) for entry in document.others)),
        models=document_models(document),
    )


def document_models(document: Document) -> tuple[tuple[str, str], ...]:
    """The models that answered, as (provider/model, name), in order of appearance; else those the agent listed."""
    names: dict[str, str] = {}
    listed = decode(document.models.content) if document.models else None
    for model in listed if isinstance(listed, list) else []:
        label = "/".join(filter(None, (text_at(model, "providerID"), text_at(model, "id"))))
        if label:
            names[one_line(label, 120)] = one_line(text_at(model, "name"), 120) or one_line(label, 120)
    used = dict.fromkeys(filter(None, (model_of(message.data) for message in document.messages)))
    return tuple((label, names.get(label, label)) for label in used) or tuple(names.items())


def _safe(html: str) -> SafeString:
    return mark_safe(html)  # noqa: S308 - fragments come escaped or sanitised

"""A whole document as HTML for one page, from cached fragments."""

from dataclasses import dataclass

from django.utils.safestring import SafeString, mark_safe

from sync.render.fields import decode, text_at
from sync.render.messages import PARTS_SLOT
from sync.render.wording import one_line
from sync.transcript.document import Document
from sync.transcript.fragments import entries_html
from sync.transcript.workers.pool import POOL


@dataclass(frozen=True, slots=True)
class Transcript:
    """The pieces a page puts into its slots; each came out of an escaping renderer or the sanitiser.

    While it `is_plain`, some of it is plain text that waits for its rendering, and the page is not to be kept.
    """

    messages: SafeString
    changes: SafeString
    orphans: SafeString
    others: SafeString
    models: tuple[tuple[str, str], ...]
    is_plain: bool = False


def render_transcript(document: Document, epoch: str) -> Transcript:
    """`orphans` belongs into an inert <template>: it shows once its message comes."""
    parts = [part.entry for message in reversed(document.messages) for part in reversed(message.parts)]
    frames = [message.entry for message in document.messages]
    orphans = [part.entry for part in document.orphans]
    diff = [document.diff] if document.diff else []
    # What is looked at first is rendered first: should the time be up, the earlier is what comes plain.
    entries = [*frames, *parts, *diff, *document.others, *orphans]
    rendered = entries_html(entries, epoch, POOL.patience())
    html = {entry.key: text for entry, (text, _) in zip(entries, rendered, strict=True)}
    pieces: list[str] = []
    for message in document.messages:
        frame, _, end = html[message.entry.key].partition(PARTS_SLOT)
        pieces += [frame, *(html[part.entry.key] for part in message.parts), end]
    return Transcript(
        messages=_safe("".join(pieces)),
        changes=_safe("".join(html[entry.key] for entry in diff)),
        orphans=_safe("".join(html[entry.key] for entry in orphans)),
        others=_safe("".join(html[entry.key] for entry in document.others)),
        models=document_models(document),
        is_plain=any(is_plain for _, is_plain in rendered),
    )


def document_models(document: Document) -> tuple[tuple[str, str], ...]:
    """The models that answered, as (provider/model, name), in order of appearance; else those the agent listed."""
    names: dict[str, str] = {}
    listed = decode(document.models.content) if document.models else None
    for model in listed if isinstance(listed, list) else []:
        label = "/".join(filter(None, (text_at(model, "providerID"), text_at(model, "id"))))
        if label:
            names[one_line(label, 120)] = one_line(text_at(model, "name"), 120) or one_line(label, 120)
    used = dict.fromkeys(filter(None, (message.head.model for message in document.messages)))
    return tuple((label, names.get(label, label)) for label in used) or tuple(names.items())


def _safe(html: str) -> SafeString:
    return mark_safe(html)  # noqa: S308 - fragments come escaped or sanitised

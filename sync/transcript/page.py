"""A page of a session as HTML, from cached fragments: its newest part, or the part around a place in it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, NamedTuple

from django.utils.safestring import SafeString, mark_safe

from sync.render.fields import decode, text_at
from sync.render.large import byte_count
from sync.render.messages import PARTS_SLOT, named
from sync.render.wording import short_line
from sync.store import EntryPosition
from sync.transcript.document import Document, Entry, Message
from sync.transcript.fragments import entries_html
from sync.transcript.workers.pool import POOL
from sync.transcript.workers.turns import Patience

# For the conversation, in bytes; the changes, other entries and the page's own frame come on top.
PAGE_BYTES: Final = 160_000
OTHERS_BYTES: Final = 40_000
ORPHANS_BYTES: Final = 20_000
ASKS_BYTES: Final = 200_000
# This many entries are rendered before the remaining room is checked.
BATCH: Final = 40


@dataclass(frozen=True, slots=True)
class Transcript:
    """The pieces a page puts into its slots; each was made by an escaping renderer or the sanitiser.

    `cut` is where the part that did not fit begins or, going backwards, ends. While the page `is_plain`, some of it is
    plain text that waits for its rendering, and the page must not be cached.
    """

    messages: SafeString
    changes: SafeString
    orphans: SafeString
    others: SafeString
    asks: SafeString
    models: tuple[tuple[str, str], ...]
    cut: EntryPosition | None = None
    is_plain: bool = False


@dataclass(slots=True)
class _Page:
    """The entries rendered so far."""

    epoch: str
    patience: Patience
    html: dict[str, str] = field(default_factory=dict)
    is_plain: bool = False

    def render(self, entries: Sequence[Entry], *, is_whole: bool = False) -> None:
        rendered = entries_html(entries, self.epoch, self.patience, is_whole=is_whole)
        for entry, (html, is_plain) in zip(entries, rendered, strict=True):
            self.html[entry.key] = html
            self.is_plain = self.is_plain or is_plain

    def fitting(self, entries: Sequence[Entry], room: int) -> list[Entry]:
        """Render entries from the first on, and return those that fit into `room` bytes; at least one."""
        fits: list[Entry] = []
        waiting = iter(entries)
        while batch := list(islice(waiting, BATCH)):
            self.render(batch)
            for entry in batch:
                room -= byte_count(self.html[entry.key])
                if room < 0 and fits:
                    return fits
                fits.append(entry)
        return fits

    def joined(self, entries: Iterable[Entry]) -> SafeString:
        return _safe("".join(self.html[entry.key] for entry in entries))


def render_transcript(document: Document, epoch: str, *, is_backwards: bool = True, person: str = "") -> Transcript:
    """As much of the document as one page holds: from the end when `is_backwards`, otherwise from the beginning.

    `person` is the name of whoever wrote the messages of role user, for readers who may know it.
    `orphans` belongs into an inert <template>: a part is shown once its message arrives.
    """
    page = _Page(epoch, POOL.patience())
    units = _reading_order(document.messages, is_backwards)
    fits = page.fitting(units, PAGE_BYTES)
    shown = {entry.key for entry in fits}
    # The part that was cut off may be the last of its message: then only the message's frame is shown.
    page.render([message.entry for message in document.messages if message.entry.key not in page.html])
    orphans = page.fitting([part.entry for part in document.orphans], ORPHANS_BYTES)
    others = page.fitting(document.others, OTHERS_BYTES)
    asks = page.fitting(document.asks, ASKS_BYTES)
    diff = page.fitting([document.diff] if document.diff else [], OTHERS_BYTES)
    return Transcript(
        messages=_conversation(page, document.messages, shown, person),
        changes=page.joined(diff),
        orphans=page.joined(orphans),
        others=page.joined(others),
        asks=page.joined(asks),
        models=document_models(document),
        cut=_cut_at(units[len(fits) :], fits, is_backwards),
        is_plain=page.is_plain,
    )


def render_entry(entry: Entry, epoch: str, *, person: str = "") -> Transcript:
    """One entry alone and whole, however large."""
    page = _Page(epoch, POOL.patience())
    page.render([entry], is_whole=True)
    html = _safe(named(page.html[entry.key], person))
    return Transcript(html, NOTHING, NOTHING, NOTHING, NOTHING, (), is_plain=page.is_plain)


NOTHING: Final = SafeString("")


class Listed(NamedTuple):
    """An entry in a list beside the conversation, with its HTML as the conversation shows it."""

    entry: Entry
    html: SafeString


def render_listed(entries: Sequence[Entry], epoch: str, page_url: str) -> tuple[list[Listed], bool]:
    """The first of the entries, as many as a page holds; and whether some of them are plain text for now.

    Their links to pages of an output or to a place in the session lead to the conversation at `page_url`.
    """
    page = _Page(epoch, POOL.patience())
    fits = page.fitting(entries, PAGE_BYTES)
    return [Listed(each, _safe(_leading_to(page.html[each.key], page_url))) for each in fits], page.is_plain


def _leading_to(html: str, page_url: str) -> str:
    # Texts have no plain quotation marks, so this is always an attribute.
    return html.replace(' href="?', f' href="{page_url}?')


def document_models(document: Document) -> tuple[tuple[str, str], ...]:
    """Models that answered, as (provider/model, name), in order of appearance; if none, those the agent listed."""
    names: dict[str, str] = {}
    listed = decode(document.models.content) if document.models else None
    for model in listed if isinstance(listed, list) else []:
        label = "/".join(filter(None, (text_at(model, "providerID"), text_at(model, "id"))))
        if label:
            names[short_line(label, 120)] = short_line(text_at(model, "name"), 120) or short_line(label, 120)
    used = dict.fromkeys(filter(None, (message.head.model for message in document.messages)))
    return tuple((label, names.get(label, label)) for label in used) or tuple(names.items())


def _reading_order(messages: Sequence[Message], is_backwards: bool) -> list[Entry]:
    """Frames and parts in reading order; backwards, a message's frame comes after its parts."""
    units = [entry for message in messages for entry in (message.entry, *(part.entry for part in message.parts))]
    return units[::-1] if is_backwards else units


def _conversation(page: _Page, messages: Sequence[Message], shown: set[str], person: str) -> SafeString:
    pieces: list[str] = []
    for message in messages:
        parts = [part.entry for part in message.parts if part.entry.key in shown]
        if not parts and message.entry.key not in shown:
            continue
        frame, _, end = page.html[message.entry.key].partition(PARTS_SLOT)
        pieces += [named(frame, person), page.joined(parts), end]
    return _safe("".join(pieces))


def _safe(html: str) -> SafeString:
    return mark_safe(html)  # noqa: S308 - made of entries, which come escaped


def _cut_at(left_out: Sequence[Entry], fits: Sequence[Entry], is_backwards: bool) -> EntryPosition | None:
    """Backwards, the position of the last entry that fits, where the page before ends; else of the first left out."""
    if not left_out:
        return None
    entry = fits[-1] if is_backwards else left_out[0]
    return EntryPosition(*entry.name.segments)

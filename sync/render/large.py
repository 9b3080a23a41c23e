"""Large content is replaced in a page by a link that shows it alone."""

from typing import Final

from sync.protocol.keys import EntryKey
from sync.render.html import Html, block, joined, tag
from sync.render.wording import byte_size

# The largest HTML of one entry in a page, in bytes.
LARGE_BYTES: Final = 48 * 1024


def byte_count(text: str) -> int:
    """The size of a text in UTF-8, in bytes."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def large_note(key: str, label: str, size: int) -> Html:
    """A line with the link. A key's characters need no escaping in an address."""
    link = tag("a", "Show it", href=f"?entry={key}", data_large=True)
    words = joined(tag("bdi", label), f"is large ({byte_size(size)}).", link, by=" ")
    return tag("p", words, class_="cut large")


def large_part(key: str, name: EntryKey, seq: int, label: str, size: int) -> Html:
    """The note that replaces a part, the session's changes, or another entry."""
    about: dict[str, str | int] = {"data_key": key, "data_seq": seq}
    note = large_note(key, label, size)
    if name.kind == "part":
        parent, order = name.segments
        return tag("div", note, class_="part", id=order, data_order=order, data_parent=parent, **about)
    if name.kind == "diff":
        return block("section", note, class_="changes", aria_label="changes", **about)
    return tag("div", note, class_="part other", data_order=key, **about)

"""An entry as escaped text, while it waits for its rendering or when it cannot be rendered.

This runs in the processes that make pages, so it only cuts and escapes.
"""

from typing import Any, Final

import msgspec

from sync.protocol.keys import EntryKey
from sync.render.html import NOTHING, Html, block, lines, tag
from sync.render.messages import PARTS_SLOT, who
from sync.render.order import message_head

PLAIN_CHARACTERS: Final = 20_000
WAITING_WORDS: Final = "Shown as plain text; the formatted text follows."
FAILED_WORDS: Final = "This takes too long to format, so it is shown as plain text. The JSON export has all of it."
BROKEN_WORDS: Final = "This entry could not be shown; the JSON export has it as it came."


About = dict[str, str | int | bool | None]


class _Words(msgspec.Struct):
    type: Any = None
    text: Any = None


_decode_words = msgspec.json.Decoder(_Words).decode


def plain_entry(key: str, name: EntryKey, seq: int, content: str, words: str = FAILED_WORDS) -> Html:
    """The entry at its place, with `words` that say why. One that still `is_waiting` carries `data-plain`."""
    is_waiting = words == WAITING_WORDS
    element_id = name.segments[-1] if name.segments else None
    about: About = {"data_key": key, "data_seq": seq, "data_plain": is_waiting}
    if name.kind == "message":
        return _message(name.segments[0], content, words, about)
    body = lines(tag("p", words, class_="cut"), tag("pre", _text_of(content), class_="listing plain", tabindex=0))
    if name.kind == "diff":
        return block("section", tag("h2", "Changed files"), body, class_="changes", aria_label="changes", **about)
    if name.kind == "part":
        parent, order = name.segments
        return block("div", body, class_="part", id=order, data_order=order, data_parent=parent, **about)
    return block("div", body, class_="part other", id=element_id, data_order=key, **about)


def _message(message_id: str, content: str, words: str, about: About) -> Html:
    head = message_head(message_id, content)
    note = NOTHING if about["data_plain"] else words if isinstance(words, Html) else tag("p", words, class_="cut")
    return block(
        "article",
        tag("header", tag("h3", tag("bdi", who(head.role)), class_="turn-who"),
            class_="turn-head", data_slot="head"),
        tag("div", note, data_slot="own"),
        tag("div", PARTS_SLOT, class_="turn-parts", data_parts=True),
        tag("div", data_slot="end"),
        class_=f"turn turn-{head.role if head.role in {'user', 'assistant'} else 'other'}",
        id=message_id,
        data_order=head.order,
        data_model=head.model or None,
        **about,
    )  # fmt: skip


def _text_of(content: str) -> str:
    """The written text, or else the entry's JSON as received."""
    try:
        text = _decode_words(content).text
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        text = None
    shown = text if isinstance(text, str) and text else content
    return shown if len(shown) <= PLAIN_CHARACTERS else shown[:PLAIN_CHARACTERS] + "\n…"

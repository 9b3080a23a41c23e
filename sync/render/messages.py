"""A message's frame: author, model, time, and its error. Its parts are inserted at the frame's slot."""

from html import escape
from typing import Any, Final

from sync.render.changes import Changes, changed_files
from sync.render.fields import at, dict_at, list_at, number_at, text_at
from sync.render.html import Html, block, lines, tag
from sync.render.large import LARGE_BYTES, byte_count, large_note
from sync.render.order import error_of, message_order, model_of
from sync.render.parts import part_body
from sync.render.wording import duration, headed, moment, short_line

# Untrusted text can never contain this: all text is escaped, and the sanitiser strips comments.
PARTS_SLOT: Final = Html("<!--parts-->")
# Where a page puts who wrote a message of role user: it depends on the reader, so the message's own HTML has no name.
PERSON_SLOT: Final = Html("<!--person-->")
NO_NAME: Final = "User"
INNER_PARTS: Final = 500
ROLES: Final = frozenset({"user", "assistant"})


def message_frame(message_id: str, key: str, seq: int, data: dict[str, Any], *, is_whole: bool = False) -> Html:
    """The message's HTML with PARTS_SLOT where its parts go. Unless `is_whole`, large pieces are replaced by a link."""
    role, order, model = text_at(data, "role"), message_order(message_id, data), model_of(data)
    own, end = _own(data), _end(data)
    if not is_whole:
        own = _unless_large(own, key, "This message")
        end = _unless_large(end, key, "Changed files")
    return block(
        "article",
        _head(message_id, role, model, data),
        tag("div", own, data_slot="own"),
        tag("div", PARTS_SLOT, class_="turn-parts", data_parts=True),
        tag("div", end, data_slot="end"),
        class_=f"turn turn-{role if role in ROLES else 'other'}",
        id=message_id,
        data_key=key,
        data_seq=seq,
        data_order=order,
        data_model=model or None,
    )


def _unless_large(html: Html, key: str, label: str) -> Html:
    size = byte_count(html)
    return html if size <= LARGE_BYTES else large_note(key, label, size)


def _head(message_id: str, role: str, model: str, data: dict[str, Any]) -> Html:
    start, end = number_at(data, "time", "created"), number_at(data, "time", "completed")
    is_assistant = role == "assistant"
    agent = short_line(text_at(data, "agent") or text_at(data, "mode"), 60) if is_assistant else ""
    took = duration(start, end) if is_assistant else ""
    is_working = is_assistant and not end and not dict_at(data, "error")
    return block(
        "header",
        tag("h3", tag("bdi", who(role)), class_="turn-who"),
        tag("span", tag("bdi", model), class_="turn-model") if model else None,
        tag("span", tag("bdi", agent), class_="turn-agent") if agent else None,
        tag("span", took, class_="turn-took") if took else None,
        tag("span", tag("span", class_="dot ok"), "Working", class_="turn-working") if is_working else None,
        _link(message_id, start),
        class_="turn-head",
        data_slot="head",
    )


def who(role: str) -> str:
    """Who wrote a message of this role, for its head."""
    return PERSON_SLOT if role == "user" else headed(role, "Message")


def named(html: str, person: str) -> Html:
    """The HTML of entries with the person's name where it belongs; NO_NAME for readers who may not know it."""
    return Html(html.replace(PERSON_SLOT, escape(person or NO_NAME)))


def _link(message_id: str, start: float | None) -> Html:
    """A link to this message, wherever it is in a long session; a page that shows it already only scrolls to it."""
    created = moment(start)
    words: str = "Link"
    if created:
        shown = f"{created:%Y-%m-%d %H:%M:%S}"
        words = tag("time", shown, datetime=created.isoformat(), title=f"{shown} UTC")
    address = f"?at={message_id}#{message_id}"
    return tag("a", words, class_="turn-link", href=address, title="Link to this message")


def _own(data: dict[str, Any]) -> Html:
    """The parts that agents 0.1.x keep inside their messages."""
    bodies = [part_body(part) for part in list_at(data, "parts")[:INNER_PARTS]]
    return lines(*(tag("div", body, class_="part") for body in bodies if body))


def _end(data: dict[str, Any]) -> Html:
    """The turn's error and changes. Agents since 1.18 send changes here, leaving the session's own diff empty."""
    changes, error = Changes(changed_files(at(data, "summary", "diffs"))), error_of(data)
    shown = block("div", changes.folds, class_="turn-changes") if changes.files else None
    why = None
    if error:
        message = tag("p", error["message"], dir="auto") if error["message"] else None
        why = block("div", tag("strong", tag("bdi", error["name"])), message, class_="turn-error")
    return lines(shown, why)

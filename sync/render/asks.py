"""What a running agent waits for, as a card: who is asked, where, since when, and the whole command, diff or question.

Texts are shown as they are, with characters that hide or turn others around spelled out: a person decides by them.
"""

import re
from typing import Any, Final

from sync.render.diffs import LINE_CHARACTERS, diff_figure, patch_diff
from sync.render.fields import at, dict_at, list_at, number_at, text_at
from sync.render.html import NOTHING, Html, block, joined, tag
from sync.render.questions import questions_section
from sync.render.values import values_section
from sync.render.wording import moment, short_line

WAITING: Final = "open"
_ASK_ID: Final = re.compile(r"ask_[0-9A-Z]{26}")
SHOWN_PATTERNS: Final = 40
# Controls but tab and line feed, characters without width, those that change the direction, tags, odd spaces.
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f"
    "\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)


def ask_card(key: str, seq: int, data: Any) -> Html:
    """The card of the entry `session/ask/…`; nothing once the ask has ended."""
    if text_at(data, "state") != WAITING:
        return NOTHING
    return block(
        "article",
        _head(data),
        ask_body(data),
        class_="ask",
        id=text_at(data, "ask") or None,
        data_key=key,
        data_seq=seq,
        data_order=f"{int(number_at(data, 'asked_at') or 0):016d}:{key}",
    )


def ask_body(data: Any) -> Html:
    """What is asked for, whole: a permission's command, diff or values, or a question with its options."""
    content = dict_at(data, "content")
    if at(data, "too_large") is True:
        return tag("p", "This is too large to be shown here. Decide it at the machine.", class_="ask-note")
    if text_at(data, "kind") == "question":
        return questions_section(content, {}, has_ended=False) or NOTHING
    return _permission(content)


def ask_title(data: Any) -> str:
    """What waits, in one word: the permission, or that it is a question."""
    if text_at(data, "kind") == "question":
        return "question"
    return short_line(text_at(data, "content", "permission"), 40) or "permission"


def spelled_out(text: str) -> Html:
    """The text with each character that shows nothing, or shows others elsewhere, as its number in a mark."""
    pieces: list[str] = []
    last = 0
    for found in _INVISIBLE.finditer(text):
        pieces.append(text[last : found.start()])
        pieces.append(tag("mark", f"U+{ord(found[0]):04X}", class_="invisible"))
        last = found.end()
    pieces.append(text[last:])
    return joined(*pieces)


def _head(data: Any) -> Html:
    asked = moment(number_at(data, "asked_at"))
    since = None
    if asked:
        exact = f"{asked:%Y-%m-%d %H:%M:%S} UTC"
        time = tag("time", f"{asked:%Y-%m-%d %H:%M} UTC", datetime=asked.isoformat(), title=exact, data_relative=True)
        since = tag("span", joined("asked", time, by=" "), class_="ask-since")
    name, ask_id = short_line(text_at(data, "person"), 80) or "its person", text_at(data, "ask")
    return block(
        "header",
        tag("h3", joined("Waits for", tag("bdi", name), by=" ")),
        tag("span", ask_title(data), class_="badge warn"),
        _where(data),
        since,
        tag("a", "Open", href=f"/asks/{ask_id}/", class_="ask-link") if _ASK_ID.fullmatch(ask_id) else None,
        class_="ask-head",
    )


def _where(data: Any) -> Html | None:
    machine, folder = short_line(text_at(data, "machine"), 80), short_line(text_at(data, "directory"), 200)
    if not machine:
        return None
    subagent = text_at(data, "session") != text_at(data, "root")
    return tag(
        "span",
        joined(
            "on",
            tag("bdi", machine),
            joined("in", tag("bdi", folder, class_="mono"), by=" ") if folder else None,
            "by a subagent" if subagent else None,
            by=" ",
        ),
        class_="ask-where",
    )


def _permission(content: dict[str, Any]) -> Html:
    metadata = dict_at(content, "metadata")
    command, diff, path = (text_at(metadata, name) for name in ("command", "diff", "filepath"))
    shown = [_raw(command, "Command")] if command else []
    if diff:
        shown.append(_change(diff, path or "the file"))
    rest = {name: value for name, value in metadata.items() if name not in {"command", "diff", "filepath"}}
    patterns = [item for item in list_at(content, "patterns")[:SHOWN_PATTERNS] if isinstance(item, str)]
    if not command and not diff:
        shown += [_raw(item, "For") for item in patterns]
    return block("div", *shown, values_section(rest) if rest else None, class_="ask-body")


def _raw(text: str, label: str) -> Html:
    return block(
        "figure",
        tag("figcaption", spelled_out(label)),
        tag("pre", tag("code", spelled_out(text)), class_="listing", tabindex=0),
        class_="code-block code-command",
    )


def _change(diff: str, path: str) -> Html:
    """The change as a coloured patch, or as it is where the coloured form would leave something out."""
    patch = patch_diff(diff, path=path)
    is_plain = not _INVISIBLE.search(diff) and max(map(len, diff.splitlines()), default=0) < LINE_CHARACTERS
    return diff_figure(patch) if patch.lines and not patch.cut and is_plain else _raw(diff, path)

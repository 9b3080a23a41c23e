"""One entry compared between two states of its session, for a person to read."""

from typing import Any, Final

from sync.items.redaction import model_without_secrets, session_without_share
from sync.protocol.keys import EntryKey
from sync.render.diffs import counts_html, diff_lines, patch_diff, unified
from sync.render.fields import decode, pretty_json, text_at
from sync.render.html import Html, block, tag
from sync.render.wording import short_line

# A change of up to this many lines is shown open.
SHORT_LINES: Final = 60
_KINDS: Final = {
    "info": "session",
    "message": "message",
    "part": "part",
    "diff": "changed files",
    "model": "models",
}
_COLOURS: Final = {"added": "ok", "changed": "warn", "removed": "bad"}


def change_fold(key: str, name: EntryKey | None, before: str, after: str) -> Html:
    """A fold with the changed lines between two JSON texts; an empty text means that the entry did not exist."""
    old, new = _read(name, before), _read(name, after)
    label = _label(name, new if after else old)
    diff = patch_diff(unified(_text(old, before), _text(new, after)), path=label)
    kind = "changed" if before and after else "added" if after else "removed"
    summary = block(
        "summary",
        tag("span", kind, class_=f"badge {_COLOURS[kind]}"),
        tag("bdi", diff.path, class_="path"),
        counts_html(diff.additions, diff.deletions),
    )
    place = tag("p", tag("bdi", key), class_="id")
    is_open = len(diff.lines) <= SHORT_LINES
    return block("details", summary, place, diff_lines(diff), class_="file-diff", open=is_open)


def _read(name: EntryKey | None, content: str) -> Any:
    """The value without the fields that readers never get."""
    value = decode(content) if content else None
    if name is not None and name.kind == "info" and isinstance(value, dict):
        return session_without_share(value)
    return model_without_secrets(value) if name is not None and name.kind == "model" else value


def _label(name: EntryKey | None, value: Any) -> str:
    if name is None:
        return "entry"
    facts = {
        "message": (text_at(value, "role"),),
        "part": (text_at(value, "type"), text_at(value, "tool")),
    }.get(name.kind, ())
    return short_line(" · ".join(filter(None, (_KINDS.get(name.kind, name.kind), *facts))), 80)


def _text(value: Any, content: str) -> str:
    """A text as it is, anything else as indented JSON."""
    if not content:
        return ""
    if text_at(value, "type") in {"text", "reasoning"}:
        return text_at(value, "text")
    return pretty_json(value)

"""Any value for a person to read: names beside their values. For inputs of tools that nothing else shows."""

from typing import Any, Final

from sync.render.code import code_block, code_figure
from sync.render.fields import pretty_json
from sync.render.html import Html, block, tag
from sync.render.wording import plural, short_line

SHOWN_NAMES: Final = 60
SHORT_CHARACTERS: Final = 200


def values_section(data: Any) -> Html | None:
    """An object as a list of names and values; None for an empty one."""
    if not isinstance(data, dict) or not data:
        return None
    shown = [_pair(name, value) for name, value in list(data.items())[:SHOWN_NAMES]]
    hidden = len(data) - SHOWN_NAMES
    more = tag("p", f"{plural(hidden, 'more value')} not shown here.", class_="cut") if hidden > 0 else None
    return block("div", block("dl", *shown, class_="values"), more)


def _pair(name: Any, value: Any) -> Html:
    return block("div", tag("dt", tag("bdi", short_line(str(name), 80))), tag("dd", _value(value)))


def _value(value: Any) -> Html:
    if isinstance(value, str) and len(value) <= SHORT_CHARACTERS and "\n" not in value:
        return tag("bdi", value) if value else tag("span", "empty", class_="faint")
    if value is None or isinstance(value, bool | int | float):
        return tag("bdi", "none" if value is None else str(value).lower()[:SHORT_CHARACTERS])
    if isinstance(value, list) and value and all(_is_word(item) for item in value[:SHOWN_NAMES]):
        return block("ul", *(tag("li", tag("bdi", str(item))) for item in value[:SHOWN_NAMES]))
    if isinstance(value, str):
        return code_figure(code_block(value), "value")
    return code_figure(code_block(pretty_json(value), language="json"), "value")


def _is_word(item: Any) -> bool:
    return isinstance(item, str | int) and len(str(item)) <= SHORT_CHARACTERS

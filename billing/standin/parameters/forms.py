"""Reads a form of Stripe's: `items[0][price]=p&expand[]=customer` becomes nested dicts and lists of text."""

import re
from typing import Any, Final
from urllib.parse import parse_qsl

from billing.standin.sandbox import invalid

PAIRS: Final = 1_000
DEPTH: Final = 8
NAME: Final = re.compile(r"[^\[\]]+|(?<=\[)(?=\])")


def form_read(text: str) -> dict[str, Any]:
    """The form's values by name. Refuses more than a thousand of them, and more than eight levels."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=PAIRS, errors="strict")
    except ValueError as error:
        raise invalid("The request's form cannot be read.") from error
    tree: dict[str, Any] = {}
    for name, value in pairs:
        path = NAME.findall(name)
        if not path or not path[0] or len(path) > DEPTH:
            raise invalid(f"Invalid parameter name: {name[:100]}")
        _put(tree, path, value)
    return {name: _listed(value) for name, value in tree.items()}


def _put(tree: dict[str, Any], path: list[str], value: str) -> None:
    *way, last = path
    for step in way:
        below = tree.setdefault(step or str(len(tree)), {})
        if not isinstance(below, dict):
            raise invalid(f"Invalid parameter name: {step[:100]}")
        tree = below
    tree[last or str(len(tree))] = value


def _listed(value: Any) -> Any:
    """A level whose names are all numbers is a list, in the order of the numbers."""
    if not isinstance(value, dict):
        return value
    if all(name.isdecimal() for name in value):
        return [_listed(value[name]) for name in sorted(value, key=int)]
    return {name: _listed(part) for name, part in value.items()}

"""Holds answers against the fields that Stripe documents for each kind of object (`stripe_objects.json`)."""

import json
from functools import cache
from typing import Any

from tests.support.server import ROOT

SHAPES = ROOT / "tests/standin/stripe_objects.json"
PYTHON = {"string": str, "integer": int, "boolean": bool, "number": (int, float), "object": dict, "array": list}
# Lists and what has no shape of its own in the file.
UNSHAPED = {
    "list",
    "search_result",
    "balance",
    "discount",
    "item",
    "billing_portal.configuration",
    "test_helpers.test_clock",
}


@cache
def shapes() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(SHAPES.read_text())["objects"]
    return loaded


def misshapen(value: Any, path: str = "") -> list[str]:
    """What is wrong with an answer, at any depth: fields that are missing, unknown, or not of their type."""
    if isinstance(value, list):
        return [fault for index, part in enumerate(value) for fault in misshapen(part, f"{path}[{index}]")]
    if not isinstance(value, dict):
        return []
    kind = value.get("object")
    below = [fault for name, part in value.items() for fault in misshapen(part, f"{path}.{name}")]
    if not isinstance(kind, str) or kind in UNSHAPED or value.get("deleted"):
        return below
    if kind not in shapes():
        return [f"{path}: no kind {kind}"]
    return below + [f"{path or kind}: {fault}" for fault in _faults(value, shapes()[kind])]


def _faults(value: dict[str, Any], shape: dict[str, Any]) -> list[str]:
    missing = [f"{name} is missing" for name in shape["required"] if name not in value]
    unknown = [f"{name} is unknown" for name in value if name not in shape["fields"]]
    wrong = [
        f"{name} is {part!r}"
        for name, part in value.items()
        if name in shape["fields"] and not _fits(part, shape["fields"][name])
    ]
    return [*missing, *unknown, *wrong]


def _fits(value: Any, field: dict[str, Any]) -> bool:
    if value is None:
        return bool(field.get("nullable"))
    if "anyOf" in field:
        return any(_fits(value, each) for each in field["anyOf"])
    if "ref" in field:
        return isinstance(value, dict)
    if "enum" in field and value not in field["enum"]:
        return False
    expected = PYTHON.get(field.get("type", ""))
    if isinstance(value, bool) and field.get("type") != "boolean":
        return False
    if isinstance(value, list) and "items" in field:
        return all(_fits(each, field["items"]) for each in value)
    return expected is None or isinstance(value, expected)

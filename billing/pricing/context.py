"""How a request was served, as far as prices depend on it: service tier, speed, region. Usual values are omitted."""

from collections.abc import Mapping
from typing import Final

_NAMES: Final = {
    "service_tier": "service_tier",
    "processing": "service_tier",
    "speed": "speed",
    "region": "region",
    "inference_geo": "region",
}
_USUAL: Final = frozenset({"", "standard", "default", "auto", "global", "not_available", "on_demand", "normal"})


def normalized(context: Mapping[str, object]) -> dict[str, str]:
    """Only the keys that prices depend on, each under one name, without usual values; other keys are ignored."""
    found = {}
    for key, value in context.items():
        name = _NAMES.get(key)
        if name and isinstance(value, str) and value.lower() not in _USUAL:
            found[name] = value.lower()
    return dict(sorted(found.items()))


def spelled(context: Mapping[str, str]) -> str:
    """`service_tier=flex;speed=fast`, empty for the usual context: the form stored in rows."""
    return ";".join(f"{key}={value}" for key, value in sorted(context.items()))


def read_spelled(text: str) -> dict[str, str]:
    """The context from the form that `spelled` returns."""
    return dict(part.split("=", 1) for part in text.split(";") if part)

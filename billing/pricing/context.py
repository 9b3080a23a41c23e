"""How a request was served, as far as it changes prices: service tier, speed, region. What is usual has no name."""

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
    """Only the keys that prices depend on, under one name each, without values that are usual; others are ignored."""
    found = {}
    for key, value in context.items():
        name = _NAMES.get(key)
        if name and isinstance(value, str) and value.lower() not in _USUAL:
            found[name] = value.lower()
    return dict(sorted(found.items()))


def spelled(context: Mapping[str, str]) -> str:
    """`service_tier=flex;speed=fast`, empty for the usual: how a row names it."""
    return ";".join(f"{key}={value}" for key, value in sorted(context.items()))


def read_spelled(text: str) -> dict[str, str]:
    """What `spelled` wrote."""
    return dict(part.split("=", 1) for part in text.split(";") if part)

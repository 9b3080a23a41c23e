"""The usual settings of a configuration, as a form has them; everything else in it stays as it was written. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

TOOLS: Final = ("edit", "bash", "webfetch")
"""The tools whose permission is asked for most."""
CUSTOM: Final = "custom"
"""Stands for a value that a form cannot show, such as a rule with patterns: it is left alone."""


@dataclass(frozen=True, slots=True)
class UsualSettings:
    """Empty: not set. `permissions` has a word for each of TOOLS; `instructions` are paths, patterns and addresses."""

    model: str = ""
    share: str = ""
    permissions: Mapping[str, str] = field(default_factory=dict)
    instructions: tuple[str, ...] = ()


def usual_of(config: Mapping[str, Any]) -> UsualSettings:
    """What a configuration that was checked says of them."""
    permission = config.get("permission", {})
    rules = permission if isinstance(permission, Mapping) else dict.fromkeys(TOOLS, CUSTOM)
    return UsualSettings(
        model=str(config.get("model", "")),
        share=str(config.get("share", "")),
        permissions={tool: _word(rules.get(tool, "")) for tool in TOOLS},
        instructions=tuple(config.get("instructions", ())),
    )


def with_usual(config: Mapping[str, Any], usual: UsualSettings) -> dict[str, Any]:
    """The configuration with these settings; one that is empty is taken out."""
    values = {
        "model": usual.model,
        "share": usual.share,
        "permission": _permission(config.get("permission", {}), usual.permissions),
        "instructions": list(usual.instructions),
    }
    kept = {name: value for name, value in config.items() if values.get(name, True)}
    return {**kept, **{name: value for name, value in values.items() if value}}


def _word(rule: Any) -> str:
    return rule if isinstance(rule, str) else CUSTOM


def _permission(before: Any, words: Mapping[str, str]) -> Any:
    """The rules with these words in the place of those they had; a rule for all tools at once is left alone."""
    if not isinstance(before, Mapping):
        return before
    chosen = {tool: word for tool, word in words.items() if word != CUSTOM}
    kept = {tool: rule for tool, rule in before.items() if chosen.get(tool, True)}
    return {**kept, **{tool: word for tool, word in chosen.items() if word}}

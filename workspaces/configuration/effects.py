"""What a configuration does on members' machines that an admin should not overlook."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from workspaces.configuration.essentials import KNOWN_KEYS
from workspaces.configuration.reading import Path

Effect = tuple[Path, str]


def effects(config: dict[str, Any]) -> Iterator[Effect]:
    """Each effect's path with a sentence about it, section by section; `config` must have passed the schema."""
    yield from _unknown(config)
    yield from _commands(config)
    yield from _loosened(config)


def _unknown(config: dict[str, Any]) -> Iterator[Effect]:
    for key in config:
        if key not in KNOWN_KEYS:
            close = get_close_matches(key, KNOWN_KEYS, n=1)
            hint = f" Did you mean “{close[0]}”?" if close else ""
            yield (key,), f"This key is not known here; agents that do not know it ignore it.{hint}"


def _commands(config: dict[str, Any]) -> Iterator[Effect]:
    for name, server in _entries(config, "mcp"):
        if server.get("type") == "local" and server.get("enabled") is not False:
            yield ("mcp", name, "command"), f"Starts “{_shown(server)}” on every machine."
    for section in ("formatter", "lsp"):
        for name, tool in _entries(config, section):
            if tool.get("command") and not tool.get("disabled"):
                yield (section, name, "command"), f"Runs “{_shown(tool)}” on every machine."
    for index, plugin in enumerate(config.get("plugin") or []):
        package = plugin[0] if isinstance(plugin, list) else plugin
        yield ("plugin", index), f"Downloads “{package}” and runs its code on every machine."
    if isinstance(hooks := (config.get("experimental") or {}).get("hook"), dict) and hooks:
        yield ("experimental", "hook"), "Runs commands on every machine when its events happen."
    for name, command in _entries(config, "command"):
        if "!`" in str(command.get("template")):
            yield ("command", name, "template"), "Runs a shell command on the machine of whoever uses it."


def _loosened(config: dict[str, Any]) -> Iterator[Effect]:
    permission = config.get("permission")
    if permission == "allow":
        yield ("permission",), "Agents do everything without asking."
    elif isinstance(permission, dict):
        shell = permission.get("bash")
        if shell == "allow" or (isinstance(shell, dict) and shell.get("*") == "allow"):
            yield ("permission", "bash"), "Agents run any shell command without asking."
    if config.get("share") == "disabled":
        yield ("share",), "Sessions are not shared, so they do not appear in this workspace."
    if (config.get("enterprise") or {}).get("url"):
        yield ("enterprise", "url"), "Signed-in agents share here whatever this says; others go there."


def _entries(config: dict[str, Any], section: str) -> Iterator[tuple[str, dict[str, Any]]]:
    found = config.get(section)
    if isinstance(found, dict):
        yield from ((name, entry) for name, entry in found.items() if isinstance(entry, dict))


def _shown(entry: dict[str, Any]) -> str:
    return " ".join(map(str, entry.get("command") or []))

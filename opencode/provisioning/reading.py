"""Reads a provisioning file and checks what can be said of it without the console's own data."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NoReturn

import msgspec

from opencode.lib.errors import Denial
from opencode.provisioning.errors import (
    ProvisionFailed,
    ProvisionFieldInvalid,
    ProvisionFieldUnknown,
    ProvisionNameRepeated,
    ProvisionNameUnknown,
    ProvisionUnreadable,
)
from opencode.provisioning.fields import Provision, Workspace, value_of

FILE_BYTES: Final = 4 * 1024 * 1024
_WHERE: Final = re.compile(r"(?P<said>.*) - at `\$\.?(?P<path>.*)`", re.DOTALL)
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_DECODER: Final = msgspec.json.Decoder(Provision, dec_hook=value_of)


def provision_read(path: Path) -> Provision:
    """What the file declares. Raises ProvisionFailed."""
    try:
        with path.open("rb") as file:
            text = file.read(FILE_BYTES + 1)
    except OSError as error:
        raise ProvisionFailed("", ProvisionUnreadable(f"{path}: {error.strerror or 'cannot be read'}.")) from error
    if len(text) > FILE_BYTES:
        raise ProvisionFailed("", ProvisionUnreadable(f"{path} is larger than {FILE_BYTES} bytes."))
    return provision_of(text)


def provision_of(text: bytes) -> Provision:
    """What the text declares. Raises ProvisionFailed."""
    try:
        declared = _DECODER.decode(text)
    except msgspec.ValidationError as error:
        raise _located(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProvisionFailed("", ProvisionUnreadable(f"This is no JSON: {error}.")) from error
    _check_names("people", (person.email for person in declared.people))
    _check_names("providers", (provider.name for provider in declared.providers))
    _check_names("models", (model.slug for model in declared.models))
    _check_names("workspaces", (workspace.slug for workspace in declared.workspaces))
    for number, workspace in enumerate(declared.workspaces):
        _check_workspace(f"workspaces[{number}]", workspace)
    return declared


def _located(said: str) -> ProvisionFailed:
    matched = _WHERE.fullmatch(said)
    said, path = (matched["said"], matched["path"]) if matched else (said, "")
    unknown = _UNKNOWN.fullmatch(said)
    if unknown is None:
        return ProvisionFailed(path, ProvisionFieldInvalid(f"{said}."))
    name = unknown[1][:80]
    return ProvisionFailed(".".join(filter(None, (path, name))), ProvisionFieldUnknown(f"There is no field “{name}”."))


def _check_workspace(path: str, workspace: Workspace) -> None:
    lists: dict[str, Iterable[str]] = {
        "members": (member.email for member in workspace.members),
        "service_keys": (key.name for key in workspace.service_keys),
        "providers": (provider.name for provider in workspace.providers),
        "models": (model.slug for model in workspace.models),
        "policies": (policy.model for policy in workspace.policies),
    }
    for name, names in lists.items():
        _check_names(f"{path}.{name}", names)
    for number, model in enumerate(workspace.models):
        if model.output_limit > model.context_window:
            said = "It cannot write more than its context holds."
            _refuse(f"{path}.models[{number}].output_limit", ProvisionFieldInvalid(said))


def _check_names(path: str, names: Iterable[str]) -> None:
    for number, name in _repeated(names):
        _refuse(f"{path}[{number}]", ProvisionNameRepeated(f"“{name}” is declared twice."))


def _repeated(names: Iterable[str]) -> Iterator[tuple[int, str]]:
    seen: set[str] = set()
    for number, name in enumerate(names):
        if name in seen:
            yield number, name
        seen.add(name)


def unknown(path: str, said: str) -> NoReturn:
    """Refuse a name at this path that nothing has."""
    _refuse(path, ProvisionNameUnknown(said))


def _refuse(path: str, denial: Denial) -> NoReturn:
    raise ProvisionFailed(path, denial)

"""Saving and restoring a workspace's configuration."""

from typing import Final

from django.conf import settings
from django.db import transaction

from accounts.models import User
from opencode.lib.actor import Actor
from workspaces.configuration import check
from workspaces.errors import (
    ConfigChanged,
    ConfigFileReference,
    ConfigNotJSON,
    ConfigRefused,
    ConfigSecretLiteral,
    ConfigShape,
    ConfigTooLarge,
)
from workspaces.models import ConfigVersion, Workspace
from workspaces.selectors.configurations import config_in_force
from workspaces.services.audit import audit_record

NOTE_CHARACTERS: Final = 200
_REFUSALS: Final[dict[str, type[ConfigRefused]]] = {
    kind.code: kind for kind in (ConfigNotJSON, ConfigTooLarge, ConfigShape, ConfigSecretLiteral, ConfigFileReference)
}


def config_save(
    *, workspace: Workspace, user: User, text: str, note: str, based_on: int, actor: Actor
) -> ConfigVersion:
    """Save a new version, in force at the agents' next start; returns the present one when nothing changed.

    `based_on` is the number of the version the text was made from, 0 for none: another one in force raises
    ConfigChanged. Save an empty editor to remove the configuration. Raises ConfigRefused.
    """
    text = _tidied(text)
    config_require(text)
    with transaction.atomic():
        present = _present(workspace, based_on)
        if present is not None and text == present.text:
            return present
        version = _added(workspace, user, text, note)
        details = {"version": version.number}
        audit_record(
            workspace_id=workspace.pk, actor=actor, action="config.save", target_id=version.pk, details=details
        )
    return version


def config_restore(
    *, workspace: Workspace, user: User, version: ConfigVersion, based_on: int, actor: Actor
) -> ConfigVersion:
    """Save the old version's text as a new version.

    Raises ConfigChanged, and ConfigRefused because the rules may have become stricter.
    """
    config_require(version.text)
    with transaction.atomic():
        _present(workspace, based_on)
        restored = _added(workspace, user, version.text, f"Restores version {version.number}.", version.number)
        details = {"version": restored.number, "restored": version.number}
        audit_record(
            workspace_id=workspace.pk, actor=actor, action="config.restore", target_id=restored.pk, details=details
        )
    return restored


def config_require(text: str) -> None:
    """Raises the first problem's kind of ConfigRefused, with all problems."""
    if not text:
        return
    problems = check(text, settings.CONFIG_BYTES).problems
    if problems:
        first = problems[0]
        raise _REFUSALS[first.code](first.message, problems=[problem._asdict() for problem in problems])


def _present(workspace: Workspace, based_on: int) -> ConfigVersion | None:
    """The version in force, under the workspace's lock. Raises ConfigChanged when it is not `based_on`."""
    Workspace.objects.select_for_update().get(pk=workspace.pk)
    present = config_in_force(workspace.pk)
    if (present.number if present else 0) != based_on:
        raise ConfigChanged
    return present


def _added(workspace: Workspace, user: User, text: str, note: str, restored_number: int | None = None) -> ConfigVersion:
    present = config_in_force(workspace.pk)
    number = (present.number if present else 0) + 1
    ConfigVersion.objects.filter(workspace=workspace, number__lte=number - settings.CONFIG_VERSIONS).delete()
    return ConfigVersion.objects.create(
        workspace=workspace,
        number=number,
        text=text,
        note=note[:NOTE_CHARACTERS],
        restored_number=restored_number,
        created_by=user,
    )


def _tidied(text: str) -> str:
    """The text with Unix line ends, one of them after the last brace; empty for empty text."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    return f"{lines}\n" if lines else ""

"""Why a provisioning file is refused: where, with a code that stays, and in words."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from opencode.lib.errors import Conflict, Denial, FieldsInvalid

_FIELDS: Final[Mapping[str, str]] = {"secret": "secret_variable"}
"""Fields that are named otherwise in the file than in forms."""


class ProvisionUnreadable(FieldsInvalid):
    code = "provision_unreadable"
    default_message = "The provisioning file cannot be read."


class ProvisionFieldUnknown(FieldsInvalid):
    code = "provision_field_unknown"
    default_message = "The provisioning file has a field of a name that there is none of."


class ProvisionFieldInvalid(FieldsInvalid):
    code = "provision_field_invalid"
    default_message = "A field of the provisioning file has a value that it cannot have."


class ProvisionNameRepeated(FieldsInvalid):
    code = "provision_name_repeated"
    default_message = "The provisioning file declares the same thing twice."


class ProvisionNameUnknown(FieldsInvalid):
    code = "provision_name_unknown"
    default_message = "The provisioning file names something that neither it nor the console has."


class ProvisionSecretMissing(FieldsInvalid):
    code = "provision_secret_missing"
    default_message = "The environment variable that should hold the secret is not set."


class ProvisionDiffers(Conflict):
    code = "provision_differs"
    default_message = "The console has this already, in a way that provisioning does not change."


class ProvisionFailed(Exception):
    """Nothing was changed. `path` leads to the field in the file, such as `workspaces[0].members[1].role`."""

    def __init__(self, path: str, denial: Denial) -> None:
        super().__init__(f"{path}: {denial.message}" if path else denial.message)
        self.path = path
        self.denial = denial

    def body(self) -> dict[str, str]:
        return {"code": self.denial.code, "path": self.path, "message": self.denial.message}


@contextmanager
def at(path: str) -> Iterator[None]:
    """Raise a refusal from within as ProvisionFailed at this path, or at the field of it that the refusal names."""
    try:
        yield
    except Denial as denial:
        fields = denial.extra.get("fields")
        name = next(iter(fields), "") if isinstance(fields, Mapping) else ""
        raise ProvisionFailed(f"{path}.{_FIELDS.get(name, name)}" if name else path, denial) from denial

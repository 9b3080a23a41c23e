"""What a run changed, and the secrets that are shown this once."""

from dataclasses import asdict, dataclass, field
from typing import Any, Final

CREATED: Final = "created"
CHANGED: Final = "changed"
ROTATED: Final = "rotated"
KEPT: Final = "kept as it is"
PASSWORD_LINK: Final = "password_link"  # noqa: S105 - a kind of secret, none itself
SERVICE_KEY: Final = "service_key"


@dataclass(frozen=True, slots=True)
class Change:
    """`path` leads to what declares it in the file; `name` is what people know it by."""

    path: str
    act: str
    name: str


@dataclass(frozen=True, slots=True)
class Secret:
    """A link that sets the password of the person `of`, or the service key `of` of the workspace with this slug.

    `address` is where a key calls models; empty for a link.
    """

    kind: str
    of: str
    secret: str = field(repr=False)
    workspace: str = ""
    address: str = ""


@dataclass(slots=True)
class Outcome:
    """`notes` are what was left as it is although the file says otherwise."""

    is_dry: bool = False
    changes: list[Change] = field(default_factory=list)
    notes: list[Change] = field(default_factory=list)
    secrets: list[Secret] = field(default_factory=list)

    def note(self, path: str, act: str, name: str) -> None:
        self.changes.append(Change(path, act, name))

    def body(self) -> dict[str, Any]:
        """As JSON. A dry run has no secrets: those it made are gone."""
        return {
            "changed": bool(self.changes),
            "dry_run": self.is_dry,
            "changes": [asdict(each) for each in self.changes],
            "notes": [asdict(each) for each in self.notes],
            "secrets": [asdict(each) for each in ([] if self.is_dry else self.secrets)],
        }

    def lines(self) -> list[str]:
        """For people. Secrets come last."""
        verb = "would be " if self.is_dry else ""
        said = [f"{each.path}: {each.name} {verb}{each.act}" for each in self.changes]
        said += [f"{each.path}: {each.name}: {each.act}" for each in self.notes]
        secrets = [] if self.is_dry else self.secrets
        return [*(said or ["Nothing to change."]), *(_line(each) for each in secrets)]


def _line(secret: Secret) -> str:
    if secret.kind == PASSWORD_LINK:
        return f"{secret.of} sets a password here, once, within an hour: {secret.secret}"
    said = f"The service key {secret.of} of {secret.workspace}, shown only now: {secret.secret}"
    return f"{said} (models at {secret.address})" if secret.address else said

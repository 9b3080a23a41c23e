"""The audit log as people read it: filtered, paged, with the names of whoever is still known."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Lower

from accounts.models import Device, User
from opencode.lib.actor import STAFF, SYSTEM
from opencode.lib.paging import Keyset, by_number
from workspaces.models import APIKey, AuditEntry, Invitation, ShareToken, Workspace

AUDIT: Final = Keyset(by_number("seq", is_descending=True))
"""The newest first."""
MATCHES: Final = 50
"""People and keys that a word in the actor's filter may stand for."""

_KINDS: Final[Mapping[str, str]] = {"staff": STAFF, "support staff": STAFF, "console": SYSTEM, "the console": SYSTEM}


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """`actor` is an id, a kind (`staff`, `console`), or words of a name or address; the times are a half-open range."""

    actor: str = ""
    action: str = ""
    target: str = ""
    since: datetime | None = None
    until: datetime | None = None


def audit_entries(workspace: Workspace, wanted: AuditFilter) -> QuerySet[AuditEntry]:
    """The newest first."""
    rows = AuditEntry.objects.filter(workspace=workspace).order_by("-seq")
    if wanted.actor:
        rows = rows.filter(_actors(workspace, wanted.actor))
    if wanted.action:
        rows = rows.filter(action=wanted.action)
    if wanted.target:
        rows = rows.filter(target_id__in=_ids_called(workspace, wanted.target))
    if wanted.since:
        rows = rows.filter(at__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(at__lt=wanted.until)
    return rows


def audit_names(workspace: Workspace, rows: Iterable[AuditEntry]) -> dict[str, str]:
    """What the ids of actors and targets are called, where that is still known; four queries at most."""
    ids = {name for row in rows for name in (row.actor_id, row.target_id) if name}
    names: dict[str, str] = {}
    people = _with_prefix(ids, "usr_")
    if people:
        users = {user.pk: user.display_name for user in User.objects.filter(pk__in=people)}
        names |= {name: users.get(name, "an erased person") for name in people}
    for prefix, model in (("key_", APIKey), ("tok_", ShareToken)):
        if found := _with_prefix(ids, prefix):
            named = model.objects.filter(workspace=workspace, pk__in=found).values_list("pk", "name")
            names |= dict(named)
    if devices := _with_prefix(ids, "dev_"):
        names |= dict(Device.objects.filter(pk__in=devices).values_list("pk", "name"))
    if invitations := _with_prefix(ids, "inv_"):
        names |= dict(Invitation.objects.filter(workspace=workspace, pk__in=invitations).values_list("pk", "email"))
    return names


def _actors(workspace: Workspace, words: str) -> Q:
    kind = _KINDS.get(words.lower())
    return Q(actor_kind=kind) if kind else Q(actor_id__in=_ids_called(workspace, words))


def _ids_called(workspace: Workspace, words: str) -> list[str]:
    """The id itself, and those of members, keys and tokens whose name has `words` in it."""
    # Folded here, for text compares binary on the server stack, whatever the lookup's name says.
    people = User.objects.alias(folded=Lower("name")).filter(
        Q(folded__contains=Lower(Value(words))) | Q(email__contains=words.lower()), memberships__workspace=workspace
    )
    found = [words, *people.order_by("pk").values_list("pk", flat=True)[:MATCHES]]
    for model in (APIKey, ShareToken):
        rows = model.objects.alias(folded=Lower("name")).filter(
            workspace=workspace, folded__contains=Lower(Value(words))
        )
        found += rows.order_by("pk").values_list("pk", flat=True)[:MATCHES]
    return found


def _with_prefix(ids: Iterable[str], prefix: str) -> list[str]:
    return sorted(name for name in ids if name.startswith(prefix))

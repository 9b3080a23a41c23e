"""The audit log as people read it: filtered, paged, with the names of whoever is still known."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Lower

from accounts.models import Device, User
from opencode.lib.actor import STAFF, SYSTEM
from opencode.lib.paging import Keyset, by_number
from workspaces.models import APIKey, AuditEntry, Invitation, ShareToken, Workspace
from workspaces.ports import session_titles

AUDIT: Final = Keyset(by_number("seq", is_descending=True))
"""The newest first."""
MATCHES: Final = 50
"""How many people and keys a word in the actor's filter may match at most."""

CLOCKS_APART: Final = timedelta(hours=1)
"""How far the clocks of processes may differ: entries are numbered at the commit, but dated by these clocks."""

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
    """The matching entries, the newest first. A range of time costs two reads right away, one for each end."""
    rows = AuditEntry.objects.filter(workspace=workspace).order_by("-seq")
    if wanted.actor:
        kind = _KINDS.get(wanted.actor.lower())
        rows = rows.filter(actor_kind=kind) if kind else rows.filter(_named("actor_id", workspace, wanted.actor))
    if wanted.action:
        rows = rows.filter(action=wanted.action)
    if wanted.target:
        rows = rows.filter(_named("target_id", workspace, wanted.target))
    return _in_time(workspace, rows, wanted)


def _in_time(workspace: Workspace, rows: QuerySet[AuditEntry], wanted: AuditFilter) -> QuerySet[AuditEntry]:
    """Those of the range, found by the numbers at its ends.

    By time alone, a year of entries would be sorted for one page.
    """
    every = AuditEntry.objects.filter(workspace=workspace)
    # An expression, because for the bare column the databases would choose the index by time.
    rows = rows.alias(moment=Coalesce("at", "at"))
    if wanted.since:
        first = (
            every.filter(at__gte=_shifted(wanted.since, -CLOCKS_APART))
            .order_by("at")
            .values_list("seq", flat=True)
            .first()
        )
        rows = rows.none() if first is None else rows.filter(seq__gte=first, moment__gte=wanted.since)
    if wanted.until:
        last = (
            every.filter(at__lt=_shifted(wanted.until, CLOCKS_APART))
            .order_by("-at")
            .values_list("seq", flat=True)
            .first()
        )
        rows = rows.none() if last is None else rows.filter(seq__lte=last, moment__lt=wanted.until)
    return rows


def _shifted(moment: datetime, by: timedelta) -> datetime:
    """The moment moved by `by`; unchanged where that would leave the calendar."""
    try:
        return moment + by
    except OverflowError:
        return moment


def audit_names(workspace: Workspace, rows: Iterable[AuditEntry]) -> dict[str, str]:
    """Names and titles by id, for those actors and targets that still have one; six queries at most."""
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
    # Agents choose these ids: only such as can be nobody's else.
    if sessions := _with_prefix(ids, "ses_"):
        names |= session_titles(workspace.pk, sessions)
    return names


def _named(column: str, workspace: Workspace, words: str) -> Q:
    """Entries whose `column` is the id itself, or that of a member, key or token with `words` in its name."""
    found = _ids_called(column, workspace, words)
    # For one id the index gives the newest first; for several the database reads all their entries.
    return Q(**{column: found[0]}) if len(found) == 1 else Q(**{f"{column}__in": found})


def _ids_called(column: str, workspace: Workspace, words: str) -> list[str]:
    """The ids with `words` in their name, of those that the log contains."""
    found = [words] if AuditEntry.objects.filter(workspace=workspace, **{column: words}).exists() else []
    logged = Exists(AuditEntry.objects.filter(workspace=workspace, **{column: OuterRef("pk")}))
    # Folded here, because text compares as bytes on the server stack, whatever the lookup's name says.
    people = User.objects.alias(folded=Lower("name")).filter(
        Q(folded__contains=Lower(Value(words))) | Q(email__contains=words.lower()),
        logged,
        memberships__workspace=workspace,
    )
    found += people.order_by("pk").values_list("pk", flat=True)[:MATCHES]
    for model in (APIKey, ShareToken):
        rows = model.objects.alias(folded=Lower("name")).filter(
            logged, workspace=workspace, folded__contains=Lower(Value(words))
        )
        found += rows.order_by("pk").values_list("pk", flat=True)[:MATCHES]
    return found


def _with_prefix(ids: Iterable[str], prefix: str) -> list[str]:
    return sorted(name for name in ids if name.startswith(prefix))

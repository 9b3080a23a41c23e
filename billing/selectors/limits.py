"""The limits of members and keys, as stored with their workspace."""

from typing import Final, NamedTuple

from django.db.models import Q

from billing.ledger.facts import CounterKey, Scope
from workspaces.models import APIKey, Membership


def limit_of(workspace_id: str, key: CounterKey) -> int | None:
    """Micro-cents a month; None for no limit, or when there is no such member or key in the workspace.

    A rotated key has the limit of the newest key of its rotation.
    """
    if key.scope == Scope.MEMBER:
        rows = Membership.objects.filter(workspace_id=workspace_id, user_id=key.id)
        return rows.values_list("monthly_limit", flat=True).first()
    named = APIKey.objects.filter(Q(pk=key.id) | Q(root_id=key.id), workspace_id=workspace_id)
    return named.order_by("-created_at", "-pk").values_list("monthly_limit", flat=True).first()


KEYS_SHOWN: Final = 200


def limits_of(workspace_id: str, *, person_id: str | None, key_id: str | None) -> dict[Scope, dict[str, int | None]]:
    """A person's limit and those of their live keys by scope and id; of one key alone with `key_id`, and its person.

    Keys are named by the first of their rotation and have the limit of the newest, KEYS_SHOWN of them at most.
    """
    found: dict[Scope, dict[str, int | None]] = {Scope.MEMBER: {}, Scope.KEY: {}}
    if person_id:
        found[Scope.MEMBER] = {person_id: limit_of(workspace_id, CounterKey(Scope.MEMBER, person_id, 0))}
    keys = APIKey.objects.filter(workspace_id=workspace_id)
    keys = keys.filter(pk=key_id) if key_id else keys.filter(user_id=person_id, revoked_at=None)
    rows = keys.order_by("-pk").values_list("pk", "root_id", "monthly_limit")[:KEYS_SHOWN]
    # The newest of a rotation comes last, and counts.
    found[Scope.KEY] = {root or pk: limit for pk, root, limit in reversed(rows)}
    return found


LIMITED_MAX: Final = 200


class Limited(NamedTuple):
    """A membership or key that has a limit, in micro-cents a month."""

    id: str
    name: str
    limit: int


def limited_members(workspace_id: str) -> dict[str, Limited]:
    """The members who have a limit, by person; LIMITED_MAX at most."""
    rows = Membership.objects.filter(workspace_id=workspace_id, monthly_limit__isnull=False).select_related("user")
    return {
        row.user_id: Limited(row.pk, row.user.display_name, row.monthly_limit)
        for row in rows.order_by("pk")[:LIMITED_MAX]
        if row.monthly_limit is not None
    }


def limited_keys(workspace_id: str) -> dict[str, Limited]:
    """The live keys that have a limit, by the first of their rotation; the newest LIMITED_MAX at most."""
    rows = APIKey.objects.filter(workspace_id=workspace_id, revoked_at=None, monthly_limit__isnull=False)
    found = rows.order_by("-pk").values_list("pk", "root_id", "name", "monthly_limit")[:LIMITED_MAX]
    # The newest of a rotation comes last, and counts.
    return {root or pk: Limited(pk, name, limit or 0) for pk, root, name, limit in reversed(found)}

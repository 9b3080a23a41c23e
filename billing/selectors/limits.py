"""The limits of members and keys, as stored with their workspace."""

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

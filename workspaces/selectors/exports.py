"""What workspaces puts into an export: of a person, or of a whole workspace. No secret, no hash."""

from collections.abc import Iterator
from typing import Any, Final

from workspaces.models import APIKey, AuditEntry, Invitation, Membership, Role, ShareToken, Workspace

_KEY: Final = ("id", "name", "prefix", "created_at", "expires_at", "revoked_at", "last_used_at", "last_used_ip")
_ACT: Final = (
    "workspace_id",
    "seq",
    "at",
    "actor_kind",
    "actor_id",
    "action",
    "target_id",
    "details",
    "ip",
    "request_id",
)
_OPEN: Final = {"workspace__deleted_at": None, "workspace__blocked_at": None}


def export_allowed(user_id: str, workspace_id: str) -> bool:
    """Whether the person owns the workspace, and it is neither deleted nor blocked."""
    mine = Membership.objects.filter(user_id=user_id, user__is_active=True, workspace_id=workspace_id)
    return mine.filter(role=Role.OWNER, **_OPEN).exists()


def memberships_exported(user_id: str) -> list[dict[str, Any]]:
    fields = ("id", "workspace_id", "workspace__slug", "workspace__name", "role", "monthly_limit", "created_at")
    return list(Membership.objects.filter(user_id=user_id).order_by("pk").values(*fields))


def own_keys_exported(user_id: str) -> list[dict[str, Any]]:
    return list(APIKey.objects.filter(user_id=user_id).order_by("pk").values(*_KEY, "workspace_id", "scopes"))


def own_acts_exported(user_id: str) -> Iterator[dict[str, Any]]:
    """What the person did, in every open workspace they belong to."""
    places = Membership.objects.filter(user_id=user_id, **_OPEN).order_by("workspace_id")
    for workspace_id in list(places.values_list("workspace_id", flat=True)):
        yield from _acts(workspace_id, actor_kind="person", actor_id=user_id)


def workspace_exported(workspace_id: str) -> dict[str, Any]:
    workspace = Workspace.objects.get(pk=workspace_id)
    slugs = list(workspace.slug_claims.order_by("claimed_at").values_list("slug", flat=True))
    return {
        "id": workspace.pk,
        "name": workspace.name,
        "slug": workspace.slug,
        "slugs": slugs,
        "created": workspace.created_at,
    }


def members_exported(workspace_id: str) -> list[dict[str, Any]]:
    fields = ("id", "user_id", "user__email", "user__name", "role", "monthly_limit", "created_at")
    return list(Membership.objects.filter(workspace_id=workspace_id).order_by("pk").values(*fields))


def invitations_exported(workspace_id: str) -> list[dict[str, Any]]:
    fields = ("id", "email", "role", "created_at", "sent_at", "sends", "expires_at", "accepted_at", "revoked_at")
    rows = Invitation.objects.filter(workspace_id=workspace_id).order_by("pk")
    return list(rows.values(*fields, "invited_by_id", "accepted_by_id"))


def keys_exported(workspace_id: str) -> list[dict[str, Any]]:
    rows = APIKey.objects.filter(workspace_id=workspace_id).order_by("pk")
    return list(rows.values(*_KEY, "user_id", "created_by_id", "scopes"))


def tokens_exported(workspace_id: str) -> list[dict[str, Any]]:
    return list(ShareToken.objects.filter(workspace_id=workspace_id).order_by("pk").values(*_KEY, "created_by_id"))


def acts_exported(workspace_id: str) -> Iterator[dict[str, Any]]:
    return _acts(workspace_id)


def _acts(workspace_id: str, **which: str) -> Iterator[dict[str, Any]]:
    rows = AuditEntry.objects.filter(workspace_id=workspace_id, **which).order_by("seq")
    yield from rows.values(*_ACT).iterator(chunk_size=1000)

"""Workspaces and what they hand out, for support staff: found by address, slug or prefix. No hashes are shown."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from opencode.lib.admin import LookOnlyAdmin
from workspaces.models import APIKey, AuditAnchor, AuditEntry, Membership, ShareToken, Workspace


class MembershipInline(admin.TabularInline[Membership, Workspace]):
    model = Membership
    fields: ClassVar = ("user", "role", "created_at")
    readonly_fields: ClassVar = fields
    can_delete = False
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Workspace)
class WorkspaceAdmin(LookOnlyAdmin[Workspace]):
    list_display = ("name", "slug", "created_at", "deleted_at", "blocked_at", "id")
    search_fields: ClassVar = ("slug", "name", "id", "memberships__user__email")
    inlines: ClassVar = (MembershipInline,)


@admin.register(Membership)
class MembershipAdmin(LookOnlyAdmin[Membership]):
    list_display = ("user", "workspace", "role", "created_at", "id")
    list_select_related = ("user", "workspace")
    list_filter: ClassVar = ("role",)
    search_fields: ClassVar = ("user__email", "workspace__slug", "id")


_CREDENTIAL: tuple[str, ...] = (
    "id",
    "name",
    "prefix",
    "workspace",
    "created_by",
    "created_at",
    "expires_at",
    "revoked_at",
    "last_used_at",
    "last_used_ip",
)


@admin.register(APIKey)
class APIKeyAdmin(LookOnlyAdmin[APIKey]):
    fields: ClassVar = (*_CREDENTIAL, "user", "scopes")
    list_display = ("prefix", "name", "workspace", "user", "expires_at", "revoked_at", "last_used_at")
    list_select_related = ("workspace", "user")
    search_fields: ClassVar = ("prefix", "id", "workspace__slug", "user__email")


@admin.register(ShareToken)
class ShareTokenAdmin(LookOnlyAdmin[ShareToken]):
    fields: ClassVar = _CREDENTIAL
    list_display = ("prefix", "name", "workspace", "expires_at", "revoked_at", "last_used_at")
    list_select_related = ("workspace",)
    search_fields: ClassVar = ("prefix", "id", "workspace__slug", "created_by__email")


@admin.register(AuditEntry)
class AuditEntryAdmin(LookOnlyAdmin[AuditEntry]):
    list_display = ("workspace", "seq", "at", "actor_kind", "actor_id", "action", "target_id", "ip")
    list_select_related = ("workspace",)
    list_filter: ClassVar = ("actor_kind",)
    search_fields: ClassVar = ("workspace__slug__exact", "actor_id__exact", "target_id__exact", "request_id__exact")
    search_help_text = "workspace slug, or the id of who did it, what it was done to, or the request"


@admin.register(AuditAnchor)
class AuditAnchorAdmin(LookOnlyAdmin[AuditAnchor]):
    list_display = ("workspace", "seq", "count", "reason", "at")
    list_select_related = ("workspace",)
    search_fields: ClassVar = ("workspace__slug__exact",)

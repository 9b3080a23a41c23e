"""Workspaces and what they hand out, for support staff: found by address, slug or prefix. No hashes are shown.

Staff act on them with a reason, which the workspace's own audit log records.
"""

from typing import Any, ClassVar, Final

from django.contrib import admin
from django.http import HttpRequest

from opencode.lib.actor import Actor
from opencode.lib.admin import LookOnlyAdmin, StaffAct, WithStaffActs
from workspaces.models import APIKey, AuditAnchor, AuditEntry, ConfigVersion, Membership, ShareToken, Workspace
from workspaces.services.api_keys import api_key_revoke
from workspaces.services.blocks import workspace_block, workspace_unblock
from workspaces.services.deletions import workspace_restore
from workspaces.services.share_tokens import share_token_revoke


def _block(workspace: Workspace, staff: Actor) -> bool:
    return workspace_block(workspace=workspace, actor=staff)


def _unblock(workspace: Workspace, staff: Actor) -> bool:
    return workspace_unblock(workspace=workspace, actor=staff)


def _restore(workspace: Workspace, staff: Actor) -> bool:
    return workspace_restore(workspace=workspace, actor=staff)


def _revoke_key(key: APIKey, staff: Actor) -> bool:
    return api_key_revoke(key=key, actor=staff)


def _revoke_token(token: ShareToken, staff: Actor) -> bool:
    return share_token_revoke(token=token, actor=staff)


class MembershipInline(admin.TabularInline[Membership, Workspace]):
    model = Membership
    fields: ClassVar = ("user", "role", "created_at")
    readonly_fields: ClassVar = fields
    can_delete = False
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Workspace)
class WorkspaceAdmin(WithStaffActs[Workspace], LookOnlyAdmin[Workspace]):
    list_display = ("name", "slug", "created_at", "deleted_at", "blocked_at", "id")
    search_fields: ClassVar = ("slug", "name", "id", "memberships__user__email")
    inlines: ClassVar = (MembershipInline,)
    staff_acts: ClassVar = (
        StaffAct(
            "block",
            "Block the chosen workspaces",
            "They refuse people and programs at once and say that they are blocked. Nothing in them ends or is erased.",
            "workspaces.block_workspace",
            _block,
        ),
        StaffAct(
            "unblock",
            "Unblock the chosen workspaces",
            "People and programs get in again, as before.",
            "workspaces.block_workspace",
            _unblock,
        ),
        StaffAct(
            "restore",
            "Restore the chosen deleted workspaces",
            "Members, keys and links are as they were when the workspace was deleted.",
            "workspaces.restore_workspace",
            _restore,
        ),
    )


@admin.register(Membership)
class MembershipAdmin(LookOnlyAdmin[Membership]):
    list_display = ("user", "workspace", "role", "created_at", "id")
    list_select_related = ("user", "workspace")
    list_filter: ClassVar = ("role",)
    search_fields: ClassVar = ("user__email", "workspace__slug", "id")


_CREDENTIAL: Final[tuple[str, ...]] = (
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
class APIKeyAdmin(WithStaffActs[APIKey], LookOnlyAdmin[APIKey]):
    fields: ClassVar = (*_CREDENTIAL, "user", "scopes")
    list_display = ("prefix", "name", "workspace", "user", "expires_at", "revoked_at", "last_used_at")
    list_select_related = ("workspace", "user")
    search_fields: ClassVar = ("prefix", "id", "workspace__slug", "user__email")
    staff_acts: ClassVar = (
        StaffAct(
            "revoke",
            "Revoke the chosen API keys",
            "They stop working for good, and their open connections close at once.",
            "workspaces.revoke_apikey",
            _revoke_key,
        ),
    )


@admin.register(ShareToken)
class ShareTokenAdmin(WithStaffActs[ShareToken], LookOnlyAdmin[ShareToken]):
    fields: ClassVar = _CREDENTIAL
    list_display = ("prefix", "name", "workspace", "expires_at", "revoked_at", "last_used_at")
    list_select_related = ("workspace",)
    search_fields: ClassVar = ("prefix", "id", "workspace__slug", "created_by__email")
    staff_acts: ClassVar = (
        StaffAct(
            "revoke",
            "Revoke the chosen share tokens",
            "Agents that use them can no longer share; existing links stay.",
            "workspaces.revoke_sharetoken",
            _revoke_token,
        ),
    )


@admin.register(ConfigVersion)
class ConfigVersionAdmin(LookOnlyAdmin[ConfigVersion]):
    """Managed configurations, each version as agents received it."""

    list_display = ("workspace", "number", "note", "created_by", "created_at", "restored_number", "id")
    list_select_related = ("workspace", "created_by")
    search_fields: ClassVar = ("workspace__slug__exact", "workspace__id__exact", "id__exact", "created_by__email")
    search_help_text = "workspace slug or id, version id, or e-mail of who saved it"


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

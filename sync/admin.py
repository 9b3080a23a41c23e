"""Sessions, shares and snapshots for support staff: to find and to look at, never to edit; links can be ended.

Entries are not shown: a session can hold hundreds of megabytes, and its page is the place to read it.
"""

from django.contrib import admin
from django.contrib.admin.filters import EmptyFieldListFilter
from django.template.defaultfilters import filesizeformat

from opencode.lib.actor import Actor
from opencode.lib.admin import LookOnlyAdmin, StaffAct, WithStaffActs
from opencode.lib.clock import utc_now
from opencode.lib.money import format_dollars
from sync.models import DeletionReceipt, Session, Share, Snapshot
from sync.sharing import share_link_end
from sync.store import state_of


def _end(share: Share, staff: Actor) -> bool:
    return share_link_end(share=share, actor=staff)


@admin.register(Session)
class SessionAdmin(LookOnlyAdmin[Session]):
    list_display = (
        "client_id",
        "title",
        "workspace",
        "model",
        "state",
        "head_seq",
        "content_size",
        "cost_in_dollars",
        "last_activity_at",
        "cold_at",
    )
    ordering = ("-last_activity_at", "-id")
    list_filter = ("is_running", "has_failed", "last_activity_at", ("cold_at", EmptyFieldListFilter))
    search_fields = ("client_id__exact", "title", "workspace__slug__exact", "shares__id__exact")
    search_help_text = "session id, share id, workspace slug, or words of the title"
    list_select_related = ("workspace",)

    @admin.display(description="state")
    def state(self, session: Session) -> str:
        return state_of(session, utc_now())

    @admin.display(description="content")
    def content_size(self, session: Session) -> str:
        return filesizeformat(session.content_bytes)

    @admin.display(description="cost")
    def cost_in_dollars(self, session: Session) -> str:
        return format_dollars(session.cost)


@admin.register(Share)
class ShareAdmin(WithStaffActs[Share], LookOnlyAdmin[Share]):
    ordering = ("-created_at",)
    list_display = ("id", "session", "visibility", "created_at", "expires_at", "revoked_at")
    list_filter = ("visibility",)
    search_fields = ("id__exact", "session__client_id__exact", "session__workspace__slug__exact", "session__title")
    search_help_text = "share id, session id, workspace slug, or words of the session's title"
    list_select_related = ("session",)
    staff_acts = (
        StaffAct(
            "end",
            "Revoke the chosen links",
            "Whoever reads through them is disconnected at once; the sessions stay.",
            "sync.end_share",
            _end,
        ),
    )


@admin.register(Snapshot)
class SnapshotAdmin(LookOnlyAdmin[Snapshot]):
    list_display = ("session", "seq", "state", "entries", "size", "created_at", "stored_at")
    list_filter = ("state",)
    search_fields = ("session__client_id__exact", "session__workspace__slug__exact", "session__title", "sha256__exact")
    search_help_text = "session id, workspace slug, checksum, or words of the session's title"
    list_select_related = ("session",)

    @admin.display(description="size")
    def size(self, snapshot: Snapshot) -> str:
        return filesizeformat(snapshot.bytes)


@admin.register(DeletionReceipt)
class DeletionReceiptAdmin(LookOnlyAdmin[DeletionReceipt]):
    list_display = ("id", "client_id", "workspace", "erased_by", "erased_at", "entries", "size", "confirmed_at")
    search_fields = ("id__exact", "client_id__exact", "workspace__slug__exact")
    search_help_text = "receipt, session id, or workspace slug"
    list_select_related = ("workspace", "erased_by")

    @admin.display(description="content")
    def size(self, receipt: DeletionReceipt) -> str:
        return filesizeformat(receipt.content_bytes)

"""Admin pages of payments: what came in, what was asked of Stripe, what Stripe has told; refunds and replays."""

from typing import ClassVar

from django.contrib import admin
from django.contrib.admin.filters import EmptyFieldListFilter

from billing.models import AutoTopUp, StripeCall, StripeEvent, TopUp
from billing.stripe.support import event_replay_for, top_up_refund, top_up_reread
from opencode.lib.actor import Actor
from opencode.lib.admin import LookOnlyAdmin, StaffAct, WithStaffActs


def _refund(row: TopUp, staff: Actor) -> bool:
    return top_up_refund(top_up_id=row.pk, cents=None, actor=staff)


def _reread(row: TopUp, staff: Actor) -> bool:
    return top_up_reread(top_up_id=row.pk, actor=staff)


def _replay(row: StripeEvent, staff: Actor) -> bool:
    return event_replay_for(event=row, actor=staff)


@admin.register(TopUp)
class TopUpAdmin(WithStaffActs[TopUp], LookOnlyAdmin[TopUp]):
    """Payments; amounts are in cents. A part is refunded by `manage.py topup_refund`."""

    list_display = ("id", "account", "state", "detail", "credit_cents", "total_cents", "refunded_cents", "created_at")
    list_select_related = ("account",)
    list_filter: ClassVar = ("state", "kind")
    search_fields: ClassVar = ("intent_id__exact", "session_id__exact", "account__workspace__slug__exact")
    search_help_text = "an intent's or session's id at Stripe, or the workspace's slug"
    staff_acts: ClassVar = (
        StaffAct(
            "refund",
            "Refund all that is left",
            "Stripe pays back what is left of the payment; its credit leaves the balance, which may go below zero.",
            "billing.refund_top_up",
            _refund,
        ),
        StaffAct(
            "reread",
            "Read again at Stripe",
            "The ledger is moved to where Stripe says it should be.",
            "billing.refund_top_up",
            _reread,
        ),
    )


@admin.register(AutoTopUp)
class AutoTopUpAdmin(LookOnlyAdmin[AutoTopUp]):
    """What accounts asked for; amounts are in cents."""

    list_display = ("account", "is_on", "is_armed", "threshold_cents", "amount_cents", "due_at", "paused_for")
    list_select_related = ("account",)
    ordering: ClassVar = ("-account_id",)
    search_fields: ClassVar = ("account__workspace__slug__exact",)
    search_help_text = "the workspace's slug"


@admin.register(StripeCall)
class StripeCallAdmin(LookOnlyAdmin[StripeCall]):
    list_display = ("key", "account", "act", "state", "error", "attempts", "created_at", "ended_at")
    list_select_related = ("account",)
    list_filter: ClassVar = ("state", "act")
    search_fields: ClassVar = ("key__exact", "result_id__exact", "account__workspace__slug__exact")
    search_help_text = "a key, what the call has made, or the workspace's slug"


@admin.register(StripeEvent)
class StripeEventAdmin(WithStaffActs[StripeEvent], LookOnlyAdmin[StripeEvent]):
    list_display = ("event_id", "type", "object_id", "made_at", "received_at", "done_at", "attempts", "problem")
    list_filter: ClassVar = (("done_at", EmptyFieldListFilter), "type")
    search_fields: ClassVar = ("event_id__exact", "object_id__exact", "intent_id__exact")
    search_help_text = "the id of an event, or of what it is about"
    staff_acts: ClassVar = (
        StaffAct(
            "replay",
            "Work off again",
            "What the event is about is read again at Stripe.",
            "billing.replay_event",
            _replay,
        ),
    )

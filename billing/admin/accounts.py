"""Read-only admin pages of accounts, ledgers and price lists; staff may override a price with a reason."""

from typing import Any, ClassVar, Final

from django import forms
from django.contrib import admin
from django.contrib.admin.filters import EmptyFieldListFilter
from django.http import HttpRequest

from billing.ledger.facts import Funding
from billing.models import (
    BillingAccount,
    LedgerEntry,
    PriceEntry,
    PriceVersion,
    QuarantinedRequest,
    Reservation,
    Usage,
)
from billing.plans import PLANS
from billing.pricing.pricelist import PriceList, models_read
from billing.pricing.pricereading import PricesInvalid
from billing.selectors.prices import price_version_in_force
from billing.services.funding import funding_set, spending_freeze, spending_unfreeze
from billing.services.plans import plan_set
from billing.services.prices import override_list, prices_override
from billing.services.quarantine import quarantine_release
from opencode.lib.actor import REASON_CHARACTERS, STAFF, Actor
from opencode.lib.admin import LookOnlyAdmin, StaffAct, WithStaffActs
from opencode.lib.http import client_ip, request_id_of

OVERRIDE_CHARACTERS: Final = 1_000_000


def _prepaid(row: BillingAccount, staff: Actor) -> bool:
    return funding_set(workspace_id=row.workspace_id, funding=Funding.PREPAID, actor=staff)


def _postpaid(row: BillingAccount, staff: Actor) -> bool:
    return funding_set(workspace_id=row.workspace_id, funding=Funding.POSTPAID, actor=staff)


def _freeze(row: BillingAccount, staff: Actor) -> bool:
    return spending_freeze(workspace_id=row.workspace_id, actor=staff)


def _unfreeze(row: BillingAccount, staff: Actor) -> bool:
    return spending_unfreeze(workspace_id=row.workspace_id, actor=staff)


FUND: Final = "billing.fund_account"


def _plan_act(name: str, label: str) -> StaffAct:
    def act(row: BillingAccount, staff: Actor) -> bool:
        return plan_set(workspace_id=row.workspace_id, plan=name, actor=staff)

    said = "It bounds what is added from now on; nothing that is there is taken away."
    return StaffAct(f"plan_{name or 'none'}", f"Set the plan {label}" if name else "End the plan", said, PLAN, act)


PLAN: Final = "billing.set_plan"
PLAN_ACTS: Final = (*(_plan_act(plan.name, plan.label) for plan in PLANS.values()), _plan_act("", ""))
FUNDING_ACTS: Final = (
    StaffAct("prepaid", "Make prepaid", "What is held has to fit into the balance from now on.", FUND, _prepaid),
    StaffAct("postpaid", "Make postpaid", "The host pays; limits alone bound what is spent.", FUND, _postpaid),
    StaffAct("freeze", "Freeze spending", "Every new request is refused; running ones are settled.", FUND, _freeze),
    StaffAct("unfreeze", "Unfreeze spending", "Requests are taken again.", FUND, _unfreeze),
)


@admin.register(BillingAccount)
class BillingAccountAdmin(WithStaffActs[BillingAccount], LookOnlyAdmin[BillingAccount]):
    """Accounts; amounts are in micro-cents."""

    staff_acts: ClassVar = (*FUNDING_ACTS, *PLAN_ACTS)

    list_display = (
        "id",
        "workspace",
        "funding",
        "balance",
        "reserved",
        "month_used",
        "monthly_limit",
        "plan",
        "frozen_at",
    )
    list_select_related = ("workspace",)
    list_filter: ClassVar = ("funding", "plan")
    search_fields: ClassVar = ("id", "workspace__slug", "workspace__id")


@admin.register(LedgerEntry)
class LedgerEntryAdmin(LookOnlyAdmin[LedgerEntry]):
    list_display = ("account", "seq", "source", "amount", "balance_after", "at")
    list_select_related = ("account",)
    search_fields: ClassVar = ("source__exact", "account__workspace__slug__exact", "account__id__exact")
    search_help_text = "a source, or the workspace's slug"


@admin.register(Usage)
class UsageAdmin(LookOnlyAdmin[Usage]):
    list_display = ("request_id", "account", "model", "payer", "cost", "charged", "carried", "quarantined", "at")
    list_select_related = ("account",)
    search_fields: ClassVar = ("request_id__exact", "account__workspace__slug__exact", "session_id__exact")
    search_help_text = "a request's or session's id, or the workspace's slug"


@admin.register(Reservation)
class ReservationAdmin(LookOnlyAdmin[Reservation]):
    list_display = ("request_id", "account", "state", "ceiling", "model", "created_at", "expires_at")
    list_select_related = ("account",)
    list_filter: ClassVar = ("state",)
    search_fields: ClassVar = ("request_id__exact", "account__workspace__slug__exact")
    search_help_text = "a request's id, or the workspace's slug"


def _release(row: QuarantinedRequest, staff: Actor) -> bool:
    return quarantine_release(quarantined=row, cost=None, actor=staff)


def _dismiss(row: QuarantinedRequest, staff: Actor) -> bool:
    return quarantine_release(quarantined=row, cost=0, actor=staff)


@admin.register(QuarantinedRequest)
class QuarantinedRequestAdmin(WithStaffActs[QuarantinedRequest], LookOnlyAdmin[QuarantinedRequest]):
    """Usage that could not be priced, the open ones first."""

    list_display = ("request_id", "account", "code", "detail", "wire_format", "at", "resolved_at", "cost", "reason")
    list_select_related = ("account",)
    list_filter: ClassVar = (("resolved_at", EmptyFieldListFilter), "code")
    search_fields: ClassVar = ("request_id__exact", "account__workspace__slug__exact")
    search_help_text = "a request's id, or the workspace's slug"
    staff_acts: ClassVar = (
        StaffAct(
            "release",
            "Release at the prices in force",
            "What the usage costs by the prices in force is charged, as far as it fits.",
            "billing.release_quarantined",
            _release,
        ),
        StaffAct(
            "dismiss",
            "Release without charge",
            "Nothing is charged for this usage.",
            "billing.release_quarantined",
            _dismiss,
        ),
    )


class OverrideForm(forms.ModelForm[PriceVersion]):
    """The staff's input for overriding prices; `price_list` is the list that will be in force."""

    prices = forms.JSONField(
        required=False,
        help_text='A list of models in the form of the price file: [{"provider", "model", "prices": […]}].',
    )
    withdrawn = forms.CharField(
        required=False,
        widget=forms.Textarea,
        max_length=OVERRIDE_CHARACTERS,
        help_text="Models whose override ends, as provider/model, a line each.",
    )
    reason = forms.CharField(max_length=REASON_CHARACTERS)
    price_list: PriceList

    class Meta:
        model = PriceVersion
        fields = ("reason",)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if self.errors:
            return said
        try:
            names = [name.strip() for name in said["withdrawn"].splitlines() if name.strip()]
            self.price_list = override_list(models_read(said["prices"] or []), names)
        except PricesInvalid as error:
            raise forms.ValidationError(str(error)) from error
        before = price_version_in_force(PriceVersion.Layer.ADMIN)
        if before is None and not self.price_list.models:
            raise forms.ValidationError("Name a model.")
        if before is not None and before.fingerprint == self.price_list.fingerprint:
            raise forms.ValidationError("These prices are in force already.")
        return said


@admin.register(PriceVersion)
class PriceVersionAdmin(LookOnlyAdmin[PriceVersion]):
    """Price lists. Adding one overrides the prices of single models, from now on."""

    list_display = ("id", "layer", "number", "source", "made_on", "models_count", "loaded_at", "loaded_by", "reason")
    list_filter: ClassVar = ("layer",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("billing.load_prices")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        return super().get_form(request, obj, change, **options) if obj else OverrideForm

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj:
            return super().get_fieldsets(request, obj)
        return [(None, {"fields": ("prices", "withdrawn", "reason")})]

    def save_model(self, request: HttpRequest, obj: PriceVersion, form: Any, change: bool) -> None:
        staff = Actor(
            STAFF,
            str(request.user.pk),
            ip=client_ip(request),
            request_id=request_id_of(request),
            reason=form.cleaned_data["reason"],
        )
        version = prices_override(price_list=form.price_list, staff=staff)
        if version is not None:
            obj.__dict__.update(version.__dict__)


@admin.register(PriceEntry)
class PriceEntryAdmin(LookOnlyAdmin[PriceEntry]):
    list_display = ("provider", "model", "context", "since", "version", "id")
    list_select_related = ("version",)
    list_filter: ClassVar = ("provider",)
    search_fields: ClassVar = ("model", "version__id__exact")
    search_help_text = "a part of a model's name, or a version's id"

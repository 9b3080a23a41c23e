"""The mirror in the admin: customers, charges, invoices and subscriptions as Stripe has them, only to be looked at.

Whoever may see payments may see them. Importing this registers the pages, in the place of the library's own.
"""

import json
from typing import Any, ClassVar, Final

from django.apps import apps
from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from billing.mirror.tables import APP
from billing.models import BillingAccount
from opencode.lib.admin import LookOnlyAdmin

RIGHT: Final = "billing.view_topup"


class MirrorAdmin(LookOnlyAdmin[Model]):
    """`by` is the column that names the customer."""

    by: ClassVar[str] = "customer_id"
    ordering: ClassVar[Any] = ("-created",)
    search_fields: ClassVar = ("id__exact",)
    search_help_text = "an id at Stripe, the customer's too, or the workspace's slug"
    readonly_fields = ("as_stripe_has_it",)
    list_filter: ClassVar = ("livemode",)
    fields: ClassVar[Any] = ("id", "created", "livemode", "djstripe_updated", "as_stripe_has_it")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(RIGHT)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(RIGHT)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        wanted = search_term.strip()
        if not wanted:
            return queryset, False
        accounts = BillingAccount.objects.filter(workspace__slug=wanted).values_list("customer_id", flat=True)
        customers = [each for each in accounts if each] or [wanted]
        return queryset.filter(Q(id=wanted) | Q(**{f"{self.by}__in": customers})), False

    @admin.display(description="as Stripe has it")
    def as_stripe_has_it(self, row: Any) -> str:
        return json.dumps(row.stripe_data, indent=2, sort_keys=True)

    @admin.display(description="status")
    def status_said(self, row: Any) -> str:
        return str(row.stripe_data.get("status") or "")

    @admin.display(description="workspace")
    def workspace(self, row: Any) -> str:
        accounts = BillingAccount.objects.filter(customer_id=getattr(row, self.by))
        return accounts.values_list("workspace__slug", flat=True).first() or ""


class CustomerAdmin(MirrorAdmin):
    by = "id"
    list_display = ("id", "email", "workspace", "created")


class ChargeAdmin(MirrorAdmin):
    list_display = ("id", "customer_id", "amount", "currency", "status", "created")


class InvoiceAdmin(MirrorAdmin):
    list_display = ("id", "customer_id", "number_said", "status_said", "created")

    @admin.display(description="number")
    def number_said(self, row: Any) -> str:
        return str(row.stripe_data.get("number") or "")


class SubscriptionAdmin(MirrorAdmin):
    list_display = ("id", "customer_id", "status_said", "created")


PAGES: Final = {
    "customer": CustomerAdmin,
    "charge": ChargeAdmin,
    "invoice": InvoiceAdmin,
    "subscription": SubscriptionAdmin,
}


for name, page in PAGES.items():
    admin.site.register(apps.get_model(APP, name), page)

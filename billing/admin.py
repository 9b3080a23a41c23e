"""Billing accounts, to look at."""

from typing import ClassVar

from django.contrib import admin
from django.http import HttpRequest

from billing.models import BillingAccount


@admin.register(BillingAccount)
class BillingAccountAdmin(admin.ModelAdmin[BillingAccount]):
    list_display = ("id", "workspace", "created_at")
    list_select_related = ("workspace",)
    search_fields: ClassVar = ("id", "workspace__slug", "workspace__id")
    ordering: ClassVar = ("-id",)
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: BillingAccount | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: BillingAccount | None = None) -> bool:
        return False

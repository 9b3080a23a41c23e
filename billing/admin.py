"""Billing accounts, to look at."""

from typing import ClassVar

from django.contrib import admin

from billing.models import BillingAccount
from opencode.lib.admin import LookOnlyAdmin


@admin.register(BillingAccount)
class BillingAccountAdmin(LookOnlyAdmin[BillingAccount]):
    list_display = ("id", "workspace", "created_at")
    list_select_related = ("workspace",)
    search_fields: ClassVar = ("id", "workspace__slug", "workspace__id")

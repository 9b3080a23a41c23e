"""Django admin pages that only show."""

from typing import Any, ClassVar, TypeVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

Row = TypeVar("Row", bound=Model)


class LookOnlyAdmin(admin.ModelAdmin[Row]):
    """Staff read; changes go through the pages and, later, through actions that leave a trace with the customer."""

    show_full_result_count = False
    list_per_page = 50
    ordering: ClassVar[Any] = ("-id",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

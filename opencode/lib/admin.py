"""Read-only Django admin pages, and staff's acts on the rows they show, each with a reason.

Between choosing rows and acting there is a page of its own. Staff need the act's permission and to see the rows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Final, TypeVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from opencode.lib.actor import REASON_CHARACTERS, STAFF, Actor
from opencode.lib.errors import Denial
from opencode.lib.http import client_ip, request_id_of

Row = TypeVar("Row", bound=Model)

ROWS_AT_ONCE: Final = 50
FILTERED_BY: Final = frozenset({"exact", "in", "isnull", "isempty", "gte", "lt"})
"""The lookups that Django's own filters append to a column's name."""
CONFIRMED: Final = "confirmed"


@dataclass(frozen=True, slots=True)
class StaffAct:
    """`do` returns whether it changed anything and raises Denial; `right` is a permission such as `sync.end_share`."""

    name: str
    label: str
    explanation: str
    right: str
    do: Callable[[Any, Actor], bool]


class ReasonForm(forms.Form):
    reason = forms.CharField(
        max_length=REASON_CHARACTERS,
        help_text="Stands in the audit log of each workspace concerned, where its owners and admins read it.",
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off", "autofocus": True}),
    )


class ListedLookups(admin.ModelAdmin[Row]):
    """Limits a list's query filters to those it offers, and an exact id; Django would accept any column of the row.

    `password__startswith` would reveal a whole hash by trial.
    """

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        name, _, how = lookup.partition("__")
        if name in {"pk", self.opts.pk.name} and how in {"", "exact"}:
            return True
        offered = {self._field_of(one) for one in self.get_list_filter(request)}
        return lookup in offered or (
            lookup.rpartition("__")[0] in offered and lookup.rpartition("__")[2] in FILTERED_BY
        )

    @staticmethod
    def _field_of(one: Any) -> str:
        return str(one[0] if isinstance(one, tuple | list) else getattr(one, "parameter_name", one))


class LookOnlyAdmin(ListedLookups[Row]):
    """Staff can only read; changes go through the pages, or through acts that the customer's audit log shows."""

    show_full_result_count = False
    list_per_page = ROWS_AT_ONCE
    ordering: ClassVar[Any] = ("-id",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class WithStaffActs(ListedLookups[Row]):
    """Offers `staff_acts` in the list, and none of Django's own actions."""

    staff_acts: ClassVar[Sequence[StaffAct]] = ()

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        allowed = [act for act in self.staff_acts if request.user.has_perm(act.right)]
        return {act.name: (partial(_act, act), act.name, act.label) for act in allowed}


def _act(
    act: StaffAct, model_admin: admin.ModelAdmin[Any], request: HttpRequest, chosen: QuerySet[Any]
) -> HttpResponse | None:
    rows = list(chosen[: ROWS_AT_ONCE + 1])
    if len(rows) > ROWS_AT_ONCE:
        model_admin.message_user(request, f"That are more than {ROWS_AT_ONCE} at once.", messages.ERROR)
        return None
    form = ReasonForm(request.POST if CONFIRMED in request.POST else None)
    if not form.is_valid():
        return _reason_page(act, model_admin, request, rows, form)
    staff = Actor(
        STAFF, str(request.user.pk), client_ip(request), request_id_of(request), reason=form.cleaned_data["reason"]
    )
    for row in rows:
        _do(act, model_admin, request, row, staff)
    return None


def _reason_page(
    act: StaffAct, model_admin: admin.ModelAdmin[Any], request: HttpRequest, rows: list[Any], form: ReasonForm
) -> HttpResponse:
    context = {
        **model_admin.admin_site.each_context(request),
        "title": act.label,
        "act": act,
        "rows": rows,
        "form": form,
        "opts": model_admin.opts,
        "checkbox": ACTION_CHECKBOX_NAME,
        "confirmed": CONFIRMED,
    }
    return TemplateResponse(request, "admin/staff_act.html", context, status=422 if form.is_bound else 200)


def _do(act: StaffAct, model_admin: admin.ModelAdmin[Any], request: HttpRequest, row: Any, staff: Actor) -> None:
    """Act on one row; a refusal for one does not stop the others. Django's own history of the row records it too."""
    try:
        is_changed = act.do(row, staff)
    except Denial as denial:
        model_admin.message_user(request, f"{row}: {denial.message}", messages.ERROR)
        return
    if not is_changed:
        model_admin.message_user(request, f"{row}: nothing to do, it was so already.", messages.WARNING)
        return
    model_admin.log_change(request, row, f"{act.label}: {staff.reason}")
    model_admin.message_user(request, f"{row}: done. {act.label}.", messages.SUCCESS)

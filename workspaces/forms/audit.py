"""The filter of the audit log."""

from datetime import UTC, date, datetime, time, timedelta

from django import forms
from django.utils.text import capfirst

from workspaces.auditactions import ACTIONS
from workspaces.selectors.audit import AuditFilter


class AuditFilterForm(forms.Form):
    """What to show of the audit log; days are UTC, the last one included."""

    actor = forms.CharField(
        label="Who",
        required=False,
        max_length=128,
        widget=forms.TextInput(attrs={"placeholder": "Name, address or ID", "autocomplete": "off"}),
    )
    action = forms.ChoiceField(
        label="Action",
        required=False,
        choices=[("", "Any"), *((name, capfirst(ACTIONS[name])) for name in sorted(ACTIONS))],
    )
    target = forms.CharField(
        label="Target",
        required=False,
        max_length=128,
        widget=forms.TextInput(attrs={"placeholder": "Name or ID", "autocomplete": "off"}),
    )
    since = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def wanted(self) -> AuditFilter:
        """The filter of the valid fields; a field with an error filters nothing."""
        self.is_valid()
        given = self.cleaned_data
        until = given.get("until")
        return AuditFilter(
            actor=given.get("actor") or "",
            action=given.get("action") or "",
            target=given.get("target") or "",
            since=_midnight(given.get("since")),
            # `date.max` has no next day, and nothing is later.
            until=_midnight(until + timedelta(days=1) if until and until < date.max else None),
        )


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time.min, UTC)

"""Forms of billing's pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django import forms

from billing.models import UsageRollup
from billing.plans import PLANS
from billing.pricing.days import DAY, month_range
from billing.pricing.fees import LARGEST_CENTS, SMALLEST_CENTS
from billing.selectors.breakdowns import COLUMNS
from billing.selectors.statement import StatementFilter
from billing.selectors.usage import UsageFilter
from opencode.lib.moneyfields import LimitField

DAYS_MAX: Final = 92
EARLIEST: Final = date(2020, 1, 1)
SOURCES: Final = ((UsageRollup.Source.METERED.value, "Metered"), (UsageRollup.Source.REPORTED.value, "Reported"))
GROUPS: Final = (("model", "Model"), ("key", "Key"), ("member", "Member"))

_DOLLARS: Final[Mapping[str, Any]] = {
    "decimal_places": 2,
    "max_digits": 10,
    "widget": forms.NumberInput(attrs={"step": "0.01", "inputmode": "decimal"}),
}


@dataclass(frozen=True, slots=True)
class UsageChoice:
    """What the page shows: `by` is `model`, `key` or `member`; `is_month` when the range is one whole month."""

    wanted: UsageFilter
    by: str
    is_month: bool


class UsageForm(forms.Form):
    """The address of the Usage page: a month, or a range of days (UTC), the last one included."""

    source = forms.ChoiceField(choices=SOURCES, required=False)
    by = forms.ChoiceField(choices=GROUPS, required=False)
    month = forms.DateField(input_formats=["%Y-%m"], required=False)
    since = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    model = forms.CharField(max_length=190, required=False, strip=False)
    key = forms.CharField(max_length=30, required=False)
    member = forms.CharField(max_length=30, required=False)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        since, until = given.get("since"), given.get("until")
        if (since is None) != (until is None) and not self.errors:
            self.add_error("until" if since else "since", "Choose both ends of the range.")
        elif since and until:
            self._check(since, until)
        month = given.get("month")
        if month and not EARLIEST <= month < date(9999, 12, 1):
            self.add_error("since", "Choose a month since 2020.")
        return given

    def _check(self, since: date, until: date) -> None:
        if until < since:
            self.add_error("until", "Choose a day that is not before the first.")
        elif since < EARLIEST or until.year > 9998:
            self.add_error("since", "Choose days since 2020.")
        elif (until - since).days >= DAYS_MAX:
            self.add_error("until", f"Choose {DAYS_MAX} days at most.")

    def choice(self, today: date) -> UsageChoice:
        """What the valid fields ask for; this month where the range has an error."""
        self.is_valid()
        given = self.cleaned_data
        since, until = self._range(given, today)
        by = given.get("by") or "model"
        wanted = UsageFilter(
            since,
            until,
            source=given.get("source") or SOURCES[0][0],
            model=given.get("model") or None,
            key_id=given.get("key") or None,
            member_id=given.get("member") or None,
        )
        return UsageChoice(wanted, by if by in COLUMNS else "model", (since, until) == month_range(since))

    def _range(self, given: Mapping[str, Any], today: date) -> tuple[date, date]:
        since, until, month = given.get("since"), given.get("until"), given.get("month")
        if self.errors or not (since and until):
            return month_range(month if month and not self.errors else today)
        return since, until + DAY


class BudgetForm(forms.Form):
    """What the workspace may spend a calendar month."""

    monthly_budget = LimitField(
        "What all requests can cost in a calendar month (UTC). Empty: no limit. 0: nothing that costs is sent.",
        label="Monthly budget in dollars",
    )

    def __init__(self, *args: Any, monthly_limit: int | None, **kwargs: Any) -> None:
        kwargs["initial"] = {"monthly_budget": monthly_limit}
        super().__init__(*args, **kwargs)


class AutoTopUpForm(forms.Form):
    """Topping up by itself, in dollars."""

    is_on = forms.BooleanField(label="Top up by itself", required=False)
    threshold = forms.DecimalField(
        label="When the balance falls below, in dollars",
        min_value=Decimal(1),
        max_value=Decimal(LARGEST_CENTS) / 100,
        **_DOLLARS,
    )
    amount = forms.DecimalField(
        label="Charge the card for so much credit, in dollars",
        min_value=Decimal(SMALLEST_CENTS) / 100,
        max_value=Decimal(LARGEST_CENTS) / 100,
        help_text="The payment fee comes on top.",
        **_DOLLARS,
    )
    ceiling = forms.DecimalField(
        label="At most in a calendar month, in dollars",
        min_value=Decimal(SMALLEST_CENTS) / 100,
        max_value=Decimal(10_000_000),
        required=False,
        help_text="Credit, in UTC months. Empty: no bound.",
        **_DOLLARS,
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        ceiling, amount = given.get("ceiling"), given.get("amount")
        if ceiling is not None and amount is not None and ceiling < amount:
            self.add_error("ceiling", "Choose at least as much as one top-up.")
        return given

    def cents(self, name: str) -> int | None:
        """A valid field's amount in cents; None when it was left empty."""
        given = self.cleaned_data[name]
        return None if given is None else int(given * 100)


class TopUpForm(forms.Form):
    """How much credit, in dollars; `cents` is what was chosen."""

    amount = forms.DecimalField(
        label="Credit in US dollars",
        min_value=Decimal(SMALLEST_CENTS) / 100,
        max_value=Decimal(LARGEST_CENTS) / 100,
        **_DOLLARS,
    )

    @property
    def cents(self) -> int:
        return int(self.cleaned_data["amount"] * 100)


class PlanForm(forms.Form):
    plan = forms.ChoiceField(choices=[(plan.name, plan.label) for plan in PLANS.values()])


class StatementForm(forms.Form):
    """The days of a statement (UTC), the last one included; without them all of it."""

    since = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        since, until = given.get("since"), given.get("until")
        if since and until and until < since:
            self.add_error("until", "Choose a day that is not before the first.")
        for name, day in (("since", since), ("until", until)):
            if day and not EARLIEST <= day < date(9999, 1, 1):
                self.add_error(name, "Choose days since 2020.")
        return given

    def wanted(self) -> StatementFilter:
        """The filter of the address; all of the statement where it has an error."""
        if not self.is_valid():
            return StatementFilter()
        until = self.cleaned_data.get("until")
        return StatementFilter(self.cleaned_data.get("since"), until + DAY if until else None)


class RequestsForm(forms.Form):
    """The address of a day's requests; `only` is `quarantined` to show only those left out of the sums."""

    day = forms.DateField(label="Day (UTC)", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    model = forms.CharField(max_length=190, required=False, strip=False, widget=forms.HiddenInput)
    key = forms.CharField(max_length=30, required=False, widget=forms.HiddenInput)
    member = forms.CharField(max_length=30, required=False, widget=forms.HiddenInput)
    only = forms.ChoiceField(choices=[("quarantined", "Quarantined")], required=False, widget=forms.HiddenInput)

    def clean_day(self) -> date | None:
        day: date | None = self.cleaned_data["day"]
        if day and not EARLIEST <= day < date(9999, 1, 1):
            raise forms.ValidationError("Choose a day since 2020.")
        return day

    def wanted(self, today: date) -> UsageFilter:
        """Of one day; today where none is given, or an impossible one."""
        self.is_valid()
        given = self.cleaned_data
        day = given.get("day") or today
        return UsageFilter(
            day,
            day + DAY,
            model=given.get("model") or None,
            key_id=given.get("key") or None,
            member_id=given.get("member") or None,
        )

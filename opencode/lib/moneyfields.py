"""The field of forms in which people type an amount of dollars."""

from decimal import Decimal
from typing import Any

from django import forms

from opencode.lib.money import from_dollars, to_dollars


class LimitField(forms.DecimalField):
    """A monthly limit, typed in dollars and kept in micro-cents, also as the initial value; None means no limit."""

    def __init__(self, help_text: str, label: str = "Monthly limit in dollars") -> None:
        super().__init__(
            label=label,
            required=False,
            min_value=Decimal(0),
            max_value=Decimal(1_000_000),
            decimal_places=2,
            help_text=help_text,
            widget=forms.NumberInput(attrs={"step": "0.01", "inputmode": "decimal"}),
        )

    def prepare_value(self, value: Any) -> Any:
        return f"{to_dollars(value):.2f}" if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        dollars = super().clean(value)
        return None if dollars is None else from_dollars(dollars)

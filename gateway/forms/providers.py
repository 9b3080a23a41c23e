"""Forms of providers' keys."""

from typing import Any, Final

from django import forms

from gateway.providers import KINDS
from opencode.lib.outbound import URL_CHARACTERS
from opencode.lib.textfields import NameField

SECRET_CHARACTERS: Final = 2000
_KEPT_OUT: Final = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}


class SecretField(forms.CharField):
    """A provider's key: masked while it is typed, and never sent back to the page."""

    def __init__(self, help_text: str) -> None:
        widget = forms.PasswordInput(attrs={**_KEPT_OUT, "autocomplete": "new-password"}, render_value=False)
        super().__init__(
            label="Key", required=False, max_length=SECRET_CHARACTERS, strip=True, help_text=help_text, widget=widget
        )


class AddressField(forms.CharField):
    def __init__(self, help_text: str) -> None:
        widget = forms.URLInput(attrs={**_KEPT_OUT, "placeholder": "https://models.example.com/v1"})
        super().__init__(label="Address", required=False, max_length=URL_CHARACTERS, help_text=help_text, widget=widget)


class HeadersField(forms.CharField):
    """Headers as lines of `Name: value`, kept as a dictionary."""

    def __init__(self) -> None:
        super().__init__(
            label="Further headers",
            required=False,
            max_length=8000,
            help_text="One a line, such as <code>OpenAI-Organization: org-1</code>. They go along with each call.",
            widget=forms.Textarea(attrs={**_KEPT_OUT, "rows": 3, "class": "mono"}),
        )

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return "\n".join(f"{name}: {text}" for name, text in sorted(value.items()))
        return value

    def clean(self, value: Any) -> Any:
        lines = [line for line in str(super().clean(value)).splitlines() if line.strip()]
        parts = [line.partition(":") for line in lines]
        if not all(colon for _, colon, _ in parts):
            raise forms.ValidationError("Write each header on a line of its own, as Name: value.")
        return {name.strip(): text.strip() for name, _, text in parts}


class ConcurrencyField(forms.IntegerField):
    def __init__(self) -> None:
        super().__init__(
            label="Calls at once",
            required=False,
            min_value=1,
            max_value=10_000,
            help_text="How many calls of one server process may use it at a time. Empty: no bound.",
        )


class ProviderNewForm(forms.Form):
    kind = forms.ChoiceField(label="Provider", choices=[(kind.name, kind.words) for kind in KINDS.values()])
    name = NameField(
        label="Name",
        max_length=80,
        help_text="What you will know it by, such as “Team” or “Research budget”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    secret = SecretField(
        "Tried with a call that costs nothing, stored encrypted, and never shown again. A local server needs none."
    )
    base_url = AddressField("Empty: the provider's own. An OpenAI-compatible server needs one, with its /v1.")
    headers = HeadersField()
    concurrency = ConcurrencyField()


class ProviderForm(forms.Form):
    name = NameField(label="Name", max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    headers = HeadersField()
    concurrency = ConcurrencyField()
    is_on = forms.BooleanField(label="On", required=False, help_text="While it is off no call uses it.")


class ProviderRotateForm(forms.Form):
    secret = SecretField("Tried before it takes the old one's place.")
    base_url = AddressField("Empty: as it is.")

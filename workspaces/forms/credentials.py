"""Forms about API keys and share tokens."""

from datetime import datetime, timedelta
from typing import Any, Final

from django import forms

from opencode.lib.clock import utc_now
from opencode.lib.moneyfields import LimitField
from opencode.lib.textfields import NameField
from workspaces.models import APIKey
from workspaces.roles import CHOSEN_SCOPES, OFFERED_SCOPES, SCOPES
from workspaces.services.key_rotation import OVERLAPS

NO_END: Final = "never"


LIFETIMES: Final = (("30", "In 30 days"), ("90", "In 90 days"), ("365", "In 1 year"), (NO_END, "Never"))


DEFAULT_LIFETIME: Final = "90"


OVERLAP_WORDS: Final = {0: "no time: it stops working now", 1: "1 hour", 24: "24 hours", 168: "7 days"}


class CredentialForm(forms.Form):
    """What API keys and share tokens have in common."""

    name = NameField(
        label="Name",
        max_length=80,
        help_text="What it is for or where it is kept, such as “laptop” or “build server”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    lifetime = forms.ChoiceField(label="Expires", choices=LIFETIMES, initial=DEFAULT_LIFETIME)

    def expires_at(self) -> datetime | None:
        lifetime = self.cleaned_data["lifetime"]
        return None if lifetime == NO_END else utc_now() + timedelta(days=int(lifetime))


class ShareTokenForm(CredentialForm):
    pass


class APIKeyForm(CredentialForm):
    scopes = forms.MultipleChoiceField(
        label="Scopes",
        choices=[(scope, f"{scope}: {SCOPES[scope]}") for scope in OFFERED_SCOPES],
        initial=list(CHOSEN_SCOPES),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one scope."},
    )
    is_service_key = forms.BooleanField(
        label="Belongs to the workspace",
        required=False,
        help_text="A service key keeps working when the person who made it leaves.",
    )
    field_order = ("name", "scopes", "lifetime", "is_service_key")

    def __init__(self, *args: object, may_make_service_keys: bool, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if not may_make_service_keys:
            del self.fields["is_service_key"]


class KeyLimitForm(forms.Form):
    """What a key may cost a month."""

    monthly_limit = LimitField("What can be spent with this key in a calendar month. Empty: no limit of its own.")

    def __init__(self, *args: Any, key: APIKey, **kwargs: Any) -> None:
        kwargs["initial"] = {"monthly_limit": key.monthly_limit}
        super().__init__(*args, **kwargs)


class KeyRotateForm(forms.Form):
    """How long the old key goes on working."""

    overlap = forms.TypedChoiceField(
        label="Keep the old key working for",
        choices=[(hours, OVERLAP_WORDS[hours]) for hours in OVERLAPS],
        coerce=int,
        initial=24,
        widget=forms.RadioSelect,
    )


class KeyCheckForm(forms.Form):
    """A text with keys in it, such as a log or a leaked file."""

    text = forms.CharField(
        label="Text",
        max_length=100_000,
        help_text="A key, or any text that may have keys in it. It is checked once and not kept.",
        widget=forms.Textarea(attrs={"rows": 8, "autocomplete": "off", "spellcheck": "false"}),
    )

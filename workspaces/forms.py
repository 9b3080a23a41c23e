"""Forms of the workspace pages."""

from datetime import datetime, timedelta
from typing import Final

from django import forms

from opencode.lib.clock import utc_now
from workspaces.roles import OFFERED_SCOPES, SCOPES
from workspaces.services.workspaces import NAME_CHARACTERS

NO_END: Final = "never"
LIFETIMES: Final = (("30", "30 days"), ("90", "90 days"), ("365", "1 year"), (NO_END, "No end"))
DEFAULT_LIFETIME: Final = "90"


class NameField(forms.CharField):
    """One line of visible text: control characters would let a name pose as something else in lists and logs."""

    def clean(self, value: object) -> str:
        text = " ".join(str(super().clean(value)).split())
        if not all(character.isprintable() for character in text):
            raise forms.ValidationError("Use letters, digits, spaces and signs that can be seen.", code="unprintable")
        return text


class WorkspaceForm(forms.Form):
    name = NameField(
        label="Name",
        max_length=NAME_CHARACTERS,
        help_text="Of a team, a company or a project. It can be changed; the address made from it stays.",
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )


class CredentialForm(forms.Form):
    """What API keys and share tokens have in common."""

    name = NameField(
        label="Name",
        max_length=80,
        help_text="What it is for or where it is kept, such as “laptop” or “build server”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    lifetime = forms.ChoiceField(label="Expires after", choices=LIFETIMES, initial=DEFAULT_LIFETIME)

    def expires_at(self) -> datetime | None:
        lifetime = self.cleaned_data["lifetime"]
        return None if lifetime == NO_END else utc_now() + timedelta(days=int(lifetime))


class ShareTokenForm(CredentialForm):
    pass


class APIKeyForm(CredentialForm):
    scopes = forms.MultipleChoiceField(
        label="Scopes",
        choices=[(scope, f"{scope}: {SCOPES[scope]}") for scope in OFFERED_SCOPES],
        initial=list(OFFERED_SCOPES),
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

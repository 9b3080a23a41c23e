"""Forms about a workspace itself: its name and address, and what asks for a name before it goes."""

from typing import Any

from django import forms

from opencode.lib.textfields import NameField
from workspaces.models import Workspace
from workspaces.services.workspaces import NAME_CHARACTERS
from workspaces.slugs import MAX_CHARACTERS


class WorkspaceForm(forms.Form):
    name = NameField(
        label="Name",
        max_length=NAME_CHARACTERS,
        help_text="Of a team, a company or a project. It can be changed; the address made from it stays.",
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )


class SlugForm(forms.Form):
    slug = forms.CharField(
        label="Address",
        max_length=MAX_CHARACTERS,
        help_text="Lowercase letters, digits and single hyphens.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
    )


class NameTypedForm(forms.Form):
    """Asks for the workspace's name, so that nobody acts on the wrong workspace by mistake."""

    confirmation = forms.CharField(
        label="Type the workspace's name",
        max_length=400,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._name = " ".join(workspace.name.split())

    def clean_confirmation(self) -> str:
        typed = " ".join(str(self.cleaned_data["confirmation"]).split())
        if typed != self._name:
            raise forms.ValidationError("That is not the name of this workspace.", code="another_name")
        return typed

"""The forms of the Connect page: a name, and what an API key is for."""

from collections.abc import Mapping, Sequence
from typing import Final

from django import forms

from opencode.lib.textfields import NameField

SCOPES_OF: Final[Mapping[str, Sequence[str]]] = {
    "models": ("models",),
    "follow": ("sync:read",),
    "publish": ("sync:read", "sync:write"),
}
"""The scopes of a key by what it is for."""
_USES: Final = (
    ("models", "Call models"),
    ("follow", "Read sessions and follow them live"),
    ("publish", "Publish sessions"),
)


class TokenForm(forms.Form):
    name = NameField(
        label="Name",
        max_length=80,
        initial="Build server",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class KeyForm(forms.Form):
    name = NameField(
        label="Name", max_length=80, initial="My program", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    use = forms.ChoiceField(label="What it does", choices=_USES, initial="models")

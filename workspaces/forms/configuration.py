"""The editor of the managed configuration."""

from django import forms

from opencode.lib.textfields import NameField


class ConfigForm(forms.Form):
    """`text` is checked by the service, which says where it is wrong; `based_on` is the version it was made from."""

    text = forms.CharField(
        label="Configuration",
        required=False,
        strip=False,
        widget=forms.Textarea(
            attrs={
                "rows": 22,
                "spellcheck": "false",
                "autocomplete": "off",
                "autocapitalize": "off",
                "wrap": "off",
                "class": "code-editor",
                "data-code-editor": "",
                "aria-describedby": "config-problems config-keys",
            }
        ),
    )
    note = NameField(
        label="What changed, and why",
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    based_on = forms.IntegerField(min_value=0, max_value=10**9, widget=forms.HiddenInput)
    action = forms.CharField(required=False, widget=forms.HiddenInput)

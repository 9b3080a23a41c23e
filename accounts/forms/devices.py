"""Forms with which a person lets an agent sign in."""

from django import forms


class DeviceCodeForm(forms.Form):
    user_code = forms.CharField(
        label="Code",
        max_length=40,
        help_text="Eight letters, as your terminal shows them.",
        error_messages={"required": "Enter the code your terminal shows."},
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "autofocus": True}
        ),
    )


class DeviceAnswerForm(forms.Form):
    """The person's answers about an agent: a name, and the id of the workspace it starts in, or empty."""

    name = forms.CharField(
        label="Name",
        max_length=80,
        help_text="For your list of devices, such as “laptop”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    first_workspace_id = forms.RegexField(r"^wrk_[0-9A-Z]{26}$", required=False)

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        if not name.isprintable():
            raise forms.ValidationError("Use letters, digits, spaces and visible symbols.", code="unprintable")
        return name

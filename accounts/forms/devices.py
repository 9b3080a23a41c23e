"""Forms by which a person lets an agent in."""

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
    """What the person says about an agent they let in. `first_workspace_id` is an id, or nothing."""

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

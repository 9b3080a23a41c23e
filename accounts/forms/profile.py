"""What others see of a person."""

from django import forms

from accounts.models import User
from opencode.lib.textlines import UNSEEN, is_visible, one_line


class ProfileForm(forms.ModelForm[User]):
    class Meta:
        model = User
        fields = ("name",)
        labels = {"name": "Name"}
        help_texts = {"name": "What others in your workspaces see beside what you do."}
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}

    def clean_name(self) -> str:
        name = one_line(self.cleaned_data["name"])
        if not is_visible(name):
            raise forms.ValidationError(UNSEEN, code="unprintable")
        return name

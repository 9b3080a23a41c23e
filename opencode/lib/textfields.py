"""The field of forms in which people type a name."""

from django import forms

from opencode.lib.textlines import UNSEEN, is_visible, one_line


class NameField(forms.CharField):
    """One line of visible text."""

    def clean(self, value: object) -> str:
        text = one_line(str(super().clean(value)))
        if not is_visible(text):
            raise forms.ValidationError(UNSEEN, code="unprintable")
        return text

"""Forms of the webhook pages."""

from django import forms

from opencode.lib.outbound import URL_CHARACTERS
from workspaces.webhooks import EVENTS


class WebhookForm(forms.Form):
    url = forms.CharField(
        label="Address",
        max_length=URL_CHARACTERS,
        help_text="Events are sent here as signed JSON by POST.",
        widget=forms.URLInput(attrs={"autocomplete": "off", "placeholder": "https://example.com/hooks/opencode"}),
    )
    events = forms.MultipleChoiceField(
        label="Events",
        choices=[(name, f"{words} ({name})") for name, words in EVENTS.items()],
        initial=list(EVENTS),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one event."},
    )


class WebhookChangeForm(WebhookForm):
    is_on = forms.BooleanField(
        label="On", required=False, help_text="Turning it off drops what waits to be sent; you can send that again."
    )

"""Forms of the page for GitHub Actions."""

from django import forms


class GithubOwnerForm(forms.Form):
    owner = forms.RegexField(
        label="Owner on GitHub",
        regex=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
        help_text="Your user name, or an organisation that you administer.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "acme"}),
        error_messages={"invalid": "This is no name of a GitHub user or organisation."},
    )

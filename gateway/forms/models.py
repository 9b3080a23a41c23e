"""Forms of models and policies."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django import forms

from gateway.providers.modellist import SLUG
from opencode.lib.moneyfields import LimitField
from opencode.lib.textfields import NameField
from workspaces.roles import ROLES

MOST_TOKENS: Final = 100_000_000
_MODALITIES: Final = ("text", "image", "pdf", "audio", "video")
Choices = Iterable[tuple[str, str]]


def _checkboxes(label: str, help_text: str, choices: Choices = ()) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, required=False, choices=list(choices), help_text=help_text, widget=forms.CheckboxSelectMultiple
    )


def _tokens(label: str, help_text: str, *, required: bool = True) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=required, min_value=1, max_value=MOST_TOKENS, help_text=help_text)


class PolicyForm(forms.Form):
    """What the workspace decides about a model. Keys and credentials that are gone are dropped by saving."""

    is_on = forms.BooleanField(label="On", required=False, help_text="Off: nobody in this workspace can use it.")
    roles = _checkboxes("Only these roles", "None: everybody.", [(role, role.capitalize()) for role in ROLES])
    keys = _checkboxes(
        "Of the API keys only these", "None: all of whoever may use it. Signed-in agents are not concerned."
    )
    credentials = _checkboxes("Only these provider keys", "None: your own, and the host's where you have none.")
    output_cap = _tokens("Output cap in tokens", "The most a call may write. Empty: the model's own.", required=False)
    call_ceiling = LimitField("The most that one call may cost. Empty: no bound.", "Ceiling of a call in dollars")

    def __init__(self, *args: Any, keys: Choices, credentials: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("keys", list(keys)), ("credentials", list(credentials))):
            field = self.fields[name]
            assert isinstance(field, forms.MultipleChoiceField)
            field.choices = choices
            if not choices:
                del self.fields[name]


class ModelSettingsForm(forms.Form):
    """The workspace's choices for all its models; `slugs` are names by slug."""

    default_model = forms.ChoiceField(label="Default model", required=False, help_text="What agents begin with.")
    small_model = forms.ChoiceField(
        label="Small model", required=False, help_text="For titles and summaries: a cheap, fast one."
    )
    is_exclusive = forms.BooleanField(
        label="Agents offer only these models",
        required=False,
        help_text="Off: people can also choose models past the console, with their own logins.",
    )
    lowers_cap = forms.BooleanField(
        label="Lower the output cap near a limit",
        required=False,
        help_text="A call that does not fit a limit is sent with less output instead of being refused.",
    )

    def __init__(self, *args: Any, slugs: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("default_model", "small_model"):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            chosen = str(self.initial.get(name, ""))
            kept = {chosen: f"{chosen} (not available)"} if chosen and chosen not in slugs else {}
            field.choices = [("", "Agents choose"), *{**slugs, **kept}.items()]


class OwnModelForm(forms.Form):
    credential_id = forms.ChoiceField(label="Provider key")
    slug = forms.RegexField(
        SLUG,
        label="Name to call it by",
        help_text="Letters, digits, dots, underscores and hyphens. It hides a model of the host with the same name.",
        error_messages={"invalid": "Use letters, digits, dots, underscores and hyphens; begin with a letter or digit."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "qwen3-coder"}),
    )
    name = NameField(label="Name for people", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    upstream_name = NameField(
        label="Name at the provider",
        max_length=190,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "qwen3-coder:30b", "class": "mono"}),
    )
    price_name = NameField(
        label="Price",
        max_length=190,
        initial="local/free",
        help_text="Its name in the price lists, such as openai/gpt-5; local/free for your own machines.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "mono"}),
    )
    context_window = _tokens("Context in tokens", "What a prompt and its answer have room in.")
    output_limit = _tokens("Output in tokens", "The most it writes in one answer.")
    modalities_in = forms.MultipleChoiceField(
        label="Reads",
        choices=[(each, each) for each in _MODALITIES],
        initial=["text"],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
    )
    reasoning = forms.BooleanField(label="It reasons before it answers", required=False)
    tool_call = forms.BooleanField(label="It calls tools", required=False, initial=True)

    def __init__(self, *args: Any, credentials: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["credential_id"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(credentials)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        window, limit = cleaned.get("context_window"), cleaned.get("output_limit")
        if window and limit and limit > window:
            self.add_error("output_limit", "It cannot write more than its context holds.")
        return cleaned

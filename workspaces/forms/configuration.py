"""The editor of the managed configuration, and the form of its usual settings."""

from typing import Any, Final

from django import forms

from opencode.lib.textfields import NameField
from workspaces.configuration import CUSTOM, TOOLS, UsualSettings

_SHARE: Final = (
    ("", "As each person sets it"),
    ("auto", "Every session is shared"),
    ("manual", "Sessions are shared when asked"),
    ("disabled", "Never"),
)
_ACTIONS: Final = (("", "As each person sets it"), ("ask", "Ask"), ("allow", "Allow"), ("deny", "Deny"))
_AS_WRITTEN: Final = (CUSTOM, "As written in the JSON")
_TOOL_WORDS: Final = {"edit": "Changing files", "bash": "Running commands", "webfetch": "Fetching web pages"}


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


class UsualConfigForm(forms.Form):
    """The usual settings; `based_on` is the version they were read from."""

    model = forms.CharField(
        label="Default model",
        max_length=200,
        required=False,
        help_text="As provider/model. Empty: the one of the page Models, or each person's own.",
        widget=forms.TextInput(attrs={"list": "config-models", "autocomplete": "off", "spellcheck": "false"}),
    )
    share = forms.ChoiceField(label="Sharing", choices=_SHARE, required=False)
    instructions = forms.CharField(
        label="Instructions",
        max_length=10_000,
        required=False,
        help_text="Files, patterns or addresses that agents read first, one a line, such as docs/rules.md.",
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )
    based_on = forms.IntegerField(min_value=0, max_value=10**9, widget=forms.HiddenInput)

    def __init__(self, *args: Any, usual: UsualSettings, based_on: int, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "model": usual.model,
            "share": usual.share,
            "instructions": "\n".join(usual.instructions),
            "based_on": based_on,
        }
        super().__init__(*args, **kwargs)
        for tool in TOOLS:
            word = usual.permissions[tool]
            choices = [_AS_WRITTEN] if word == CUSTOM else _ACTIONS
            field = forms.ChoiceField(label=_TOOL_WORDS[tool], choices=choices, initial=word, required=False)
            self.fields[f"permission_{tool}"] = field
        self.order_fields(["model", "share", *(f"permission_{tool}" for tool in TOOLS), "instructions", "based_on"])

    def settings(self) -> UsualSettings:
        """What a valid form asks for. What cannot be chosen here stays as it is written."""
        given = self.cleaned_data
        lines = (line.strip() for line in given["instructions"].splitlines())
        permissions = {tool: given[f"permission_{tool}"] or self._unset(tool) for tool in TOOLS}
        return UsualSettings(given["model"].strip(), given["share"], permissions, tuple(line for line in lines if line))

    def _unset(self, tool: str) -> str:
        return CUSTOM if self.fields[f"permission_{tool}"].initial == CUSTOM else ""

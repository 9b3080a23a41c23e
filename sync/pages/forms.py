"""Forms of the session pages."""

from datetime import datetime, timedelta
from typing import Any, Final

from django import forms

from opencode.lib.clock import utc_now
from sync.models import Session, Share, SharePolicy

NO_END: Final = "never"
LIFETIMES: Final = (1, 7, 30, 90)
"""Days a new link may live."""
VISIBILITIES: Final = (
    (Share.Visibility.LINK.value, "Anyone with the link"),
    (Share.Visibility.MEMBERS.value, "Members of this workspace"),
    (Share.Visibility.PUBLIC.value, "Everyone, search engines too"),
)
_NO_LIMIT: Final = ""


def _days(days: int) -> str:
    return f"{days} day{'s' if days > 1 else ''}"


def _in_days(days: int) -> str:
    return f"In {_days(days)}"


def _lifetimes(policy: SharePolicy) -> list[tuple[str, str]]:
    """What a new link's end may be; without a longest life, none at all too."""
    longest = policy.longest_days
    fitting = [days for days in LIFETIMES if longest is None or days <= longest]
    return [*((str(days), _in_days(days)) for days in fitting), *([(NO_END, "Never")] if longest is None else [])]


class ShareLinkForm(forms.Form):
    """A new link, within the workspace's rules."""

    visibility = forms.ChoiceField(label="Who can open it", choices=VISIBILITIES)
    lifetime = forms.ChoiceField(label="Expires")
    shows_secrets = forms.BooleanField(
        label="Show secrets too",
        required=False,
        help_text="Off: keys, tokens and passwords that the console recognises are hidden from those outside.",
    )

    def __init__(self, *args: Any, policy: SharePolicy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        visibility, lifetime = self.fields["visibility"], self.fields["lifetime"]
        assert isinstance(visibility, forms.ChoiceField)
        assert isinstance(lifetime, forms.ChoiceField)
        if not policy.allows_open_links:
            visibility.choices = [each for each in VISIBILITIES if each[0] == Share.Visibility.MEMBERS]
            visibility.help_text = "This workspace allows links for its members only."
        lifetime.choices = _lifetimes(policy)
        lifetime.initial = str(min(policy.default_days, policy.longest_days or policy.default_days))

    def expires_at(self) -> datetime | None:
        lifetime = self.cleaned_data["lifetime"]
        return None if lifetime == NO_END else utc_now() + timedelta(days=int(lifetime))


class SharePolicyForm(forms.Form):
    """A workspace's rules for new links."""

    allows_open_links = forms.BooleanField(
        label="People outside the workspace may open links",
        required=False,
        help_text="Off: new links, those that agents make too, open for signed-in members only.",
    )
    default_days = forms.TypedChoiceField(
        label="Links expire, unless chosen otherwise",
        choices=[(days, _in_days(days)) for days in LIFETIMES],
        coerce=int,
    )
    longest_days = forms.TypedChoiceField(
        label="Longest life of a link that people make",
        choices=[*((days, _days(days)) for days in LIFETIMES), (_NO_LIMIT, "No limit")],
        coerce=int,
        empty_value=None,
        required=False,
    )

    def __init__(self, *args: Any, policy: SharePolicy, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "allows_open_links": policy.allows_open_links,
            "default_days": policy.default_days,
            "longest_days": _NO_LIMIT if policy.longest_days is None else policy.longest_days,
        }
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        longest = given.get("longest_days")
        if longest is not None and given.get("default_days", 0) > longest:
            self.add_error("default_days", "This is longer than the longest life below.")
        return given

    def rules(self) -> dict[str, Any]:
        """The arguments of `share_policy_save`."""
        return {name: self.cleaned_data[name] for name in ("allows_open_links", "default_days", "longest_days")}


class ShareMaskingForm(forms.Form):
    masks_secrets = forms.TypedChoiceField(
        choices=(("yes", "Hide secrets"), ("no", "Show secrets")), coerce=lambda choice: choice == "yes"
    )


class SessionDeleteForm(forms.Form):
    """The name of what is to be deleted, typed: the session's title, or its id when it has none."""

    confirmation = forms.CharField(
        label="Type the session's title or ID",
        max_length=400,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, session: Session, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._names = {" ".join(name.split()) for name in (session.title, session.client_id) if name.strip()}

    def clean_confirmation(self) -> str:
        typed = " ".join(str(self.cleaned_data["confirmation"]).split())
        if typed not in self._names:
            raise forms.ValidationError("That is neither this session's title nor its id.", code="another_name")
        return typed

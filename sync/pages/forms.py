"""Forms of the session pages."""

from datetime import datetime, timedelta
from typing import Any, Final

from django import forms

from opencode.lib.clock import utc_now
from sync.models import Session, Share

NO_END: Final = "never"
LIFETIMES: Final = (
    (NO_END, "Never"),
    ("1", "In 1 day"),
    ("7", "In 7 days"),
    ("30", "In 30 days"),
    ("90", "In 90 days"),
)
VISIBILITIES: Final = (
    (Share.Visibility.LINK.value, "Anyone with the link"),
    (Share.Visibility.PUBLIC.value, "Everyone, search engines too"),
)


class ShareLinkForm(forms.Form):
    visibility = forms.ChoiceField(label="Access", choices=VISIBILITIES, initial=Share.Visibility.LINK.value)
    lifetime = forms.ChoiceField(label="Expires", choices=LIFETIMES, initial=NO_END)

    def expires_at(self) -> datetime | None:
        lifetime = self.cleaned_data["lifetime"]
        return None if lifetime == NO_END else utc_now() + timedelta(days=int(lifetime))


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

"""Forms of the workspace pages."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from django import forms

from opencode.lib.clock import utc_now
from opencode.lib.money import from_dollars, to_dollars
from opencode.lib.textlines import UNSEEN, is_visible, one_line
from workspaces.auditactions import ACTIONS
from workspaces.models import APIKey, Membership, Workspace
from workspaces.roles import ADMIN, CHOSEN_SCOPES, MEMBER, OFFERED_SCOPES, OWNER, SCOPES, can_manage
from workspaces.selectors.audit import AuditFilter
from workspaces.services.key_rotation import OVERLAPS
from workspaces.services.memberships import MembershipChanges
from workspaces.services.workspaces import NAME_CHARACTERS
from workspaces.slugs import MAX_CHARACTERS

NO_END: Final = "never"
LIFETIMES: Final = (("30", "In 30 days"), ("90", "In 90 days"), ("365", "In 1 year"), (NO_END, "Never"))
DEFAULT_LIFETIME: Final = "90"
OVERLAP_WORDS: Final = {0: "no time: it stops working now", 1: "1 hour", 24: "24 hours", 168: "7 days"}
WORDS: Final = {
    MEMBER: "sessions, and keys of their own",
    ADMIN: "everything of a member, plus people, all keys and limits",
    OWNER: "everything, plus billing, transfer and deletion",
}


class NameField(forms.CharField):
    """One line of visible text."""

    def clean(self, value: object) -> str:
        text = one_line(str(super().clean(value)))
        if not is_visible(text):
            raise forms.ValidationError(UNSEEN, code="unprintable")
        return text


class WorkspaceForm(forms.Form):
    name = NameField(
        label="Name",
        max_length=NAME_CHARACTERS,
        help_text="Of a team, a company or a project. It can be changed; the address made from it stays.",
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )


class CredentialForm(forms.Form):
    """What API keys and share tokens have in common."""

    name = NameField(
        label="Name",
        max_length=80,
        help_text="What it is for or where it is kept, such as “laptop” or “build server”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    lifetime = forms.ChoiceField(label="Expires", choices=LIFETIMES, initial=DEFAULT_LIFETIME)

    def expires_at(self) -> datetime | None:
        lifetime = self.cleaned_data["lifetime"]
        return None if lifetime == NO_END else utc_now() + timedelta(days=int(lifetime))


class ShareTokenForm(CredentialForm):
    pass


class APIKeyForm(CredentialForm):
    scopes = forms.MultipleChoiceField(
        label="Scopes",
        choices=[(scope, f"{scope}: {SCOPES[scope]}") for scope in OFFERED_SCOPES],
        initial=list(CHOSEN_SCOPES),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one scope."},
    )
    is_service_key = forms.BooleanField(
        label="Belongs to the workspace",
        required=False,
        help_text="A service key keeps working when the person who made it leaves.",
    )
    field_order = ("name", "scopes", "lifetime", "is_service_key")

    def __init__(self, *args: object, may_make_service_keys: bool, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if not may_make_service_keys:
            del self.fields["is_service_key"]


class SlugForm(forms.Form):
    slug = forms.CharField(
        label="Address",
        max_length=MAX_CHARACTERS,
        help_text="Lowercase letters, digits and single hyphens.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
    )


class RoleField(forms.ChoiceField):
    """The roles that a member with `by_role` may give, each with what it means."""

    def __init__(self, by_role: str) -> None:
        given = [role for role in (MEMBER, ADMIN, OWNER) if can_manage(by_role, role)]
        choices = [(role, f"{role.capitalize()}: {WORDS[role]}") for role in given]
        super().__init__(label="Role", choices=choices, initial=MEMBER, widget=forms.RadioSelect)


class InvitationForm(forms.Form):
    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        help_text="Only this address can accept, within 7 days.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, by_role: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"] = RoleField(by_role)


class LimitField(forms.DecimalField):
    """A monthly limit in dollars; empty means no limit."""

    def __init__(self, help_text: str) -> None:
        super().__init__(
            label="Monthly limit in dollars",
            required=False,
            min_value=Decimal(0),
            max_value=Decimal(1_000_000),
            decimal_places=2,
            help_text=help_text,
            widget=forms.NumberInput(attrs={"step": "0.01", "inputmode": "decimal"}),
        )


class KeyLimitForm(forms.Form):
    """What a key may cost a month."""

    monthly_limit = LimitField("What can be spent with this key in a calendar month. Empty: no limit of its own.")

    def __init__(self, *args: Any, key: APIKey, **kwargs: Any) -> None:
        limit = key.monthly_limit
        kwargs["initial"] = {"monthly_limit": None if limit is None else f"{to_dollars(limit):.2f}"}
        super().__init__(*args, **kwargs)

    def micro_cents(self) -> int | None:
        dollars = self.cleaned_data["monthly_limit"]
        return None if dollars is None else from_dollars(dollars)


class KeyRotateForm(forms.Form):
    """How long the old key goes on working."""

    overlap = forms.TypedChoiceField(
        label="Keep the old key working for",
        choices=[(hours, OVERLAP_WORDS[hours]) for hours in OVERLAPS],
        coerce=int,
        initial=24,
        widget=forms.RadioSelect,
    )


class KeyCheckForm(forms.Form):
    """A text with keys in it, such as a log or a leaked file."""

    text = forms.CharField(
        label="Text",
        max_length=100_000,
        help_text="A key, or any text that may have keys in it. It is checked once and not kept.",
        widget=forms.Textarea(attrs={"rows": 8, "autocomplete": "off", "spellcheck": "false"}),
    )


class MemberForm(forms.Form):
    """A member's role, and what they may spend a month in dollars."""

    monthly_limit = LimitField(
        "What this member can spend on models in a calendar month. Empty: only the workspace's own limits."
    )
    field_order = ("role", "monthly_limit")

    def __init__(self, *args: Any, membership: Membership, by_role: str, **kwargs: Any) -> None:
        limit = membership.monthly_limit
        kwargs["initial"] = {
            "role": membership.role,
            "monthly_limit": None if limit is None else f"{to_dollars(limit):.2f}",
        }
        super().__init__(*args, **kwargs)
        self.fields["role"] = RoleField(by_role)
        self.order_fields(self.field_order)

    def changes(self) -> MembershipChanges:
        dollars = self.cleaned_data["monthly_limit"]
        return {"role": self.cleaned_data["role"], "monthly_limit": None if dollars is None else from_dollars(dollars)}


class NameTypedForm(forms.Form):
    """Asks for the workspace's name, so that nobody acts on the wrong workspace by mistake."""

    confirmation = forms.CharField(
        label="Type the workspace's name",
        max_length=400,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._name = " ".join(workspace.name.split())

    def clean_confirmation(self) -> str:
        typed = " ".join(str(self.cleaned_data["confirmation"]).split())
        if typed != self._name:
            raise forms.ValidationError("That is not the name of this workspace.", code="another_name")
        return typed


class AuditFilterForm(forms.Form):
    """What to show of the audit log; days are UTC, the last one included."""

    actor = forms.CharField(
        label="Who",
        required=False,
        max_length=128,
        widget=forms.TextInput(attrs={"placeholder": "name, address, id, staff, console", "autocomplete": "off"}),
    )
    action = forms.ChoiceField(
        label="Action",
        required=False,
        choices=[("", "anything"), *((name, name) for name in sorted(ACTIONS))],
    )
    target = forms.CharField(
        label="Target",
        required=False,
        max_length=128,
        widget=forms.TextInput(attrs={"placeholder": "name or id", "autocomplete": "off"}),
    )
    since = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def wanted(self) -> AuditFilter:
        """The filter of the valid fields; a field with an error filters nothing."""
        self.is_valid()
        given = self.cleaned_data
        until = given.get("until")
        return AuditFilter(
            actor=given.get("actor") or "",
            action=given.get("action") or "",
            target=given.get("target") or "",
            since=_midnight(given.get("since")),
            # `date.max` has no next day, and nothing is later.
            until=_midnight(until + timedelta(days=1) if until and until < date.max else None),
        )


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time.min, UTC)


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

"""People and their devices for support staff: find by address or id; sign-in state, nothing secret.

Staff suspend people and revoke devices with a reason, which the audit logs of the person's workspaces show.
"""

from typing import ClassVar

from allauth.account import admin as _account  # noqa: F401 - these register first what is taken out below
from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa import admin as _mfa  # noqa: F401
from allauth.mfa.models import Authenticator
from allauth.socialaccount import admin as _social  # noqa: F401
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions import admin as _sessions  # noqa: F401
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.admin.filters import EmptyFieldListFilter
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import Device, OutgoingMail, User, fold_email
from accounts.services.devices import device_revoke
from accounts.services.mail_delivery import mail_retry
from accounts.services.suspensions import person_reinstate, person_suspend
from opencode.lib.actor import Actor
from opencode.lib.admin import ListedLookups, LookOnlyAdmin, StaffAct, WithStaffActs
from opencode.lib.clock import utc_now

# Staff sign in like everybody: the same rate limits, e-mail verification and second factors.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = "opencode console"
admin.site.site_title = "opencode console"


class EmailAddressInline(admin.TabularInline[EmailAddress, User]):
    model = EmailAddress
    fields: ClassVar = ("email", "verified", "primary")
    readonly_fields: ClassVar = fields
    can_delete = False
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(OutgoingMail)
class OutgoingMailAdmin(LookOnlyAdmin[OutgoingMail]):
    """Mails that wait to be sent or were given up, with the reason; never their text."""

    list_display = ("recipient", "subject", "state", "attempts", "created_at", "due_at", "ended_at", "last_error")
    list_filter = ("state", "template")
    search_fields = ("recipient", "id__exact")
    fields: ClassVar = ("id", "recipient", "template", *list_display[1:])
    actions = ("begin_again",)

    @admin.action(description="Send the ones given up again", permissions=["retry"])
    def begin_again(self, request: HttpRequest, mails: QuerySet[OutgoingMail]) -> None:
        begun = sum(mail_retry(mail_id=mail_id, now=utc_now()) for mail_id in mails.values_list("pk", flat=True))
        self.message_user(request, f"{begun} will be tried again within half a minute.")

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_outgoingmail")


def _suspend(user: User, staff: Actor) -> bool:
    return person_suspend(user=user, actor=staff)


def _reinstate(user: User, staff: Actor) -> bool:
    return person_reinstate(user=user, actor=staff)


def _revoke(device: Device, staff: Actor) -> bool:
    return device_revoke(device=device, actor=staff)


@admin.register(Device)
class DeviceAdmin(WithStaffActs[Device], LookOnlyAdmin[Device]):
    """Signed-in agents; their tokens are shown nowhere."""

    list_display = ("name", "user", "agent", "created_at", "last_used_at", "last_used_ip", "revoked_at", "id")
    list_select_related = ("user",)
    search_fields = ("id__exact", "user__email", "user__id__exact", "name")
    search_help_text = "device, e-mail or id of its person, or words of its name"
    staff_acts: ClassVar = (
        StaffAct(
            "revoke",
            "Revoke the chosen devices",
            "Their agents are signed out at once and stop writing; their people can log in again.",
            "accounts.revoke_device",
            _revoke,
        ),
    )


@admin.register(User)
class UserAdmin(WithStaffActs[User]):
    """Staff who may change people can correct a name here; only superusers decide who is staff.

    No checkbox ends a person's sign-in: suspending does, which gives a reason and ends what is open.
    """

    list_display = ("email", "name", "is_active", "suspended_at", "is_staff", "date_joined", "last_login", "id")
    list_filter: ClassVar = ("is_active", ("suspended_at", EmptyFieldListFilter), "is_staff")
    search_fields: ClassVar = ("email", "name", "id")
    ordering: ClassVar = ("-id",)
    fields: ClassVar = (
        "id",
        "email",
        "name",
        "is_active",
        "suspended_at",
        "is_staff",
        "is_superuser",
        "groups",
        "date_joined",
        "last_login",
    )
    inlines: ClassVar = (EmailAddressInline,)
    staff_acts: ClassVar = (
        StaffAct(
            "suspend",
            "Suspend the chosen people",
            "They are signed out everywhere, their API keys and open connections stop at once, their devices are"
            " revoked. Their workspaces go on without them.",
            "accounts.suspend_user",
            _suspend,
        ),
        StaffAct(
            "reinstate",
            "Reinstate the chosen people",
            "They can sign in again and their API keys work again; devices have to log in again.",
            "accounts.suspend_user",
            _reinstate,
        ),
    )
    show_full_result_count = False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """Search for the term as typed and in lower case, because addresses are stored folded and ids in upper case."""
        found, duplicates = super().get_search_results(request, queryset, search_term)
        folded, _ = super().get_search_results(request, queryset, fold_email(search_term))
        return found | folded, duplicates

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        fixed = ("id", "email", "is_active", "suspended_at", "date_joined", "last_login")
        return fixed if request.user.is_superuser else (*fixed, "is_staff", "is_superuser", "groups")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Only a superuser may change a superuser or staff: support staff must not lock out their own supervisors."""
        is_protected = obj is not None and (obj.is_superuser or obj.is_staff)
        return super().has_change_permission(request, obj) and (request.user.is_superuser or not is_protected)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


admin.site.unregister(Group)


@admin.register(Group)
class ConsoleGroupAdmin(ListedLookups[Group], GroupAdmin):
    """Django's group admin, with the size limits that every list in this admin has."""


# Models that allauth registers: shown with the person, or, where they hold secrets, not at all.
admin.site.unregister([EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken, UserSession])

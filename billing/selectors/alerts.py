"""Alerts as people see them: who is to get one, and which stand on pages now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q, QuerySet

from accounts.models import User
from billing.ledger.alerting import About
from billing.ledger.facts import Funding
from billing.models import AlertFiring, BillingAccount, LimitCounter
from billing.pricing.months import month_after, month_begins, month_of
from workspaces.models import APIKey, Membership, Workspace
from workspaces.selectors.members import admins

SHOWN: Final = 5
_LIMITED: Final = (About.MEMBER.value, About.KEY.value)
RIGHTS: Final = {About.CARRIED: "fund_account", About.QUARANTINE: "release_quarantined"}
"""What staff who are to hear of it may do about it; rights of billing."""


@dataclass(frozen=True, slots=True)
class AlertLine:
    """An alert on a page. Amounts are micro-cents; `resets_at` is None where no month does."""

    about: str
    name: str
    percent: int
    used: int
    amount: int
    is_refused: bool
    at: datetime
    resets_at: datetime | None


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who gets an alert's mail, and why: `admin`, `member`, `creator` or `staff`."""

    email: str
    why: str


def alert_readers(firing: AlertFiring, workspace: Workspace) -> list[Reader]:
    """Owners and admins; of a member's limit that person alone, of a key's limit its person or creator as well.

    Each once, active people only. Staff are `staff_readers`.
    """
    if firing.about == About.MEMBER:
        return [Reader(email, "member") for email in _members(workspace, firing.scope_id)]
    creators: list[str] = []
    if firing.about == About.KEY:
        key = key_of(workspace.pk, firing.scope_id)
        creators = _members(workspace, (key.user_id or key.created_by_id or "") if key else "")
    mails = {membership.user.email: "admin" for membership in admins(workspace)}
    return [Reader(email, why) for email, why in (mails | dict.fromkeys(creators, "creator")).items()]


def staff_readers(about: About) -> list[Reader]:
    """Staff who may do something about it; nobody for alerts that concern the workspace alone."""
    if about not in RIGHTS:
        return []
    right = {"codename": RIGHTS[about], "content_type__app_label": "billing"}
    named = Q(**{f"groups__permissions__{name}": value for name, value in right.items()})
    own = Q(**{f"user_permissions__{name}": value for name, value in right.items()})
    allowed = User.objects.filter(Q(is_superuser=True) | named | own, is_active=True, is_staff=True)
    return [Reader(email, "staff") for email in allowed.order_by("pk").values_list("email", flat=True).distinct()]


def key_of(workspace_id: str, root_id: str) -> APIKey | None:
    """The newest key of the rotation that began with this one."""
    named = APIKey.objects.filter(Q(pk=root_id) | Q(root_id=root_id), workspace_id=workspace_id)
    return named.order_by("-created_at", "-pk").first()


def alert_lines(account: BillingAccount, *, now: datetime, person_id: str = "") -> list[AlertLine]:
    """The highest alert of each limit and of the balance that still holds, the most urgent first, SHOWN at most.

    With `person_id` only that person's limit and those of their keys.
    """
    month = month_of(now)
    found = _standing(account, month, person_id)
    names = _names(account.workspace_id, found)
    return [_line(firing, names, month) for firing in found[:SHOWN]]


def _line(firing: AlertFiring, names: dict[str, str], month: int) -> AlertLine:
    resets_at = None if firing.about == About.BALANCE else month_begins(month_after(month))
    said = (firing.percent, firing.used, firing.amount, firing.is_refused, firing.at)
    return AlertLine(firing.about, names.get(firing.scope_id, ""), *said, resets_at)


def _standing(account: BillingAccount, month: int, person_id: str) -> list[AlertFiring]:
    """The highest firing of each, of this month and the present limit, or of the present credit."""
    rows = AlertFiring.objects.filter(account_id=account.pk, percent__gt=0, period__in=(month, account.credited_seq))
    if person_id:
        keys = APIKey.objects.filter(workspace_id=account.workspace_id, user_id=person_id).values_list("pk", flat=True)
        rows = rows.filter(about__in=_LIMITED, scope_id__in=[person_id, *keys])
    limits = _limits(account, month, rows)
    standing: dict[tuple[str, str], AlertFiring] = {}
    for firing in rows.order_by("percent", "pk"):
        if limits.get((firing.about, firing.scope_id)) == (firing.period, firing.amount):
            standing[firing.about, firing.scope_id] = firing
    return sorted(standing.values(), key=lambda firing: (-firing.percent, firing.pk))


def _limits(
    account: BillingAccount, month: int, rows: QuerySet[AlertFiring]
) -> dict[tuple[str, str], tuple[int, int | None]]:
    """The period and amount that each alert would have if it fired now."""
    ids = list(rows.filter(about__in=_LIMITED).values_list("scope_id", flat=True).distinct())
    counters = LimitCounter.objects.filter(account_id=account.pk, scope__in=_LIMITED, scope_id__in=ids, month=month)
    found = {(scope, name): (month, limit) for scope, name, limit in counters.values_list("scope", "scope_id", "limit")}
    found[About.WORKSPACE.value, ""] = (month, account.monthly_limit)
    if account.funding == Funding.PREPAID:
        found[About.BALANCE.value, ""] = (account.credited_seq, account.credited_balance)
    return found


def _names(workspace_id: str, firings: list[AlertFiring]) -> dict[str, str]:
    keys = [firing.scope_id for firing in firings if firing.about == About.KEY]
    people = [firing.scope_id for firing in firings if firing.about == About.MEMBER]
    named = dict(APIKey.objects.filter(workspace_id=workspace_id, pk__in=keys).values_list("pk", "name"))
    return named | {user.pk: user.display_name for user in User.objects.filter(pk__in=people)}


def _members(workspace: Workspace, person_id: str) -> list[str]:
    """The person's address while they are an active member."""
    rows = Membership.objects.filter(workspace=workspace, user_id=person_id, user__is_active=True)
    return list(rows.values_list("user__email", flat=True))

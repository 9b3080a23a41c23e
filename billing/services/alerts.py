"""Sends the alerts that fired: mails to whom they concern and an event to webhooks, stored in one transaction each.

A jump over several percentages sends the highest only.
"""

from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from django.db import transaction
from django.db.models import Q

from accounts.services.mail import mail_send
from billing.ledger.alerting import About
from billing.models import AlertFiring
from billing.pricing.months import month_after, month_begins
from billing.selectors.alerts import alert_readers, key_of, staff_readers
from billing.selectors.charges import tops_itself_up
from opencode.lib.claims import row_claim
from opencode.lib.due import DueMark
from opencode.lib.links import public_url
from opencode.lib.money import format_dollars
from workspaces.models import Workspace
from workspaces.webhooks import (
    BALANCE_REACHED,
    BUDGET_REACHED,
    LIMIT_REACHED,
    USAGE_CARRIED,
    USAGE_QUARANTINED,
    webhook_event,
)

log = structlog.get_logger(__name__)
SWEEP_ALERTS: Final = 200
PAUSE: Final = timedelta(minutes=5)
KEPT: Final = timedelta(days=400)
MARK: Final = DueMark(AlertFiring, "due_at", lease=PAUSE)
_EVENTS: Final = {
    About.WORKSPACE: BUDGET_REACHED,
    About.MEMBER: LIMIT_REACHED,
    About.KEY: LIMIT_REACHED,
    About.BALANCE: BALANCE_REACHED,
    About.CARRIED: USAGE_CARRIED,
    About.QUARANTINE: USAGE_QUARANTINED,
}


def alerts_send(*, now: datetime) -> int:
    """Send what is due, a transaction each; returns how many were sent. One that fails waits for PAUSE."""
    return sum(_attempt(firing_id, now) for firing_id in MARK.ids(now=now, limit=SWEEP_ALERTS))


def alerts_purge(*, now: datetime) -> int:
    """Delete alerts that fired KEPT ago; returns how many."""
    return AlertFiring.objects.filter(at__lt=now - KEPT).delete()[0]


def _attempt(firing_id: int, now: datetime) -> bool:
    try:
        with transaction.atomic():
            return _settle(firing_id, now)
    except Exception:
        log.exception("alert_failed", firing=firing_id)
        row_claim(AlertFiring, firing_id, Q(due_at__lte=now), due_at=now + PAUSE)
        return False


def _settle(firing_id: int, now: datetime) -> bool:
    """Of two workers one changes the mark; the other waits for its commit and finds nothing due."""
    if not row_claim(AlertFiring, firing_id, Q(due_at__lte=now), due_at=None):
        return False
    firing = AlertFiring.objects.select_related("account__workspace").get(pk=firing_id)
    state = _state_of(firing)
    if state == AlertFiring.State.SENT:
        _send(firing, firing.account.workspace)
    AlertFiring.objects.filter(pk=firing_id).update(state=state)
    return state == AlertFiring.State.SENT


def _state_of(firing: AlertFiring) -> str:
    if not firing.account.workspace.is_open:
        return AlertFiring.State.DROPPED
    if firing.about == About.BALANCE and not firing.is_refused and tops_itself_up(firing.account_id):
        return AlertFiring.State.DROPPED
    same = {name: getattr(firing, name) for name in ("account_id", "period", "about", "scope_id", "amount")}
    is_lower = AlertFiring.objects.filter(**same, percent__gt=firing.percent).exists()
    return AlertFiring.State.SUPERSEDED if is_lower else AlertFiring.State.SENT


def _send(firing: AlertFiring, workspace: Workspace) -> None:
    about = About(firing.about)
    readers = [*alert_readers(firing, workspace), *staff_readers(about)]
    context = _context(firing, workspace)
    template = f"billing/mail/{about.value if firing.percent == 0 else 'threshold'}.html"
    for reader in readers:
        mail_send(to=reader.email, template=template, context={**context, "why": reader.why})
    webhook_event(workspace_id=workspace.pk, kind=_EVENTS[about], data=_told(firing, about))


def _context(firing: AlertFiring, workspace: Workspace) -> dict[str, Any]:
    key = key_of(workspace.pk, firing.scope_id) if firing.about == About.KEY else None
    return {
        "about": firing.about,
        "percent": firing.percent,
        "is_refused": firing.is_refused,
        "workspace": workspace.name,
        "key": key.name if key else "a deleted key",
        "used": format_dollars(firing.used),
        "amount": format_dollars(firing.amount),
        "left": format_dollars(max(0, firing.amount - firing.used)),
        "at": firing.at,
        "resets_at": _resets_at(firing),
        "url": public_url("billing:usage", workspace.slug),
        "staff_url": public_url("admin:billing_quarantinedrequest_changelist"),
    }


def _told(firing: AlertFiring, about: About) -> dict[str, Any]:
    """The event's data, as docs/webhooks.md has it."""
    if about == About.QUARANTINE:
        return {"at": firing.at.isoformat()}
    if about == About.CARRIED:
        return {"at": firing.at.isoformat(), "micro_cents": firing.used}
    told: dict[str, Any] = {"percent": firing.percent, "is_refused": firing.is_refused}
    if about == About.BALANCE:
        return told | {"balance_micro_cents": firing.amount - firing.used, "credited_micro_cents": firing.amount}
    resets_at = _resets_at(firing)
    told |= {"used_micro_cents": firing.used, "limit_micro_cents": firing.amount}
    told |= {"resets_at": resets_at.isoformat() if resets_at else None}
    return told if about == About.WORKSPACE else told | {"bound": about.value, "id": firing.scope_id}


def _resets_at(firing: AlertFiring) -> datetime | None:
    is_monthly = firing.about in (About.WORKSPACE, About.MEMBER, About.KEY)
    return month_begins(month_after(firing.period)) if is_monthly else None

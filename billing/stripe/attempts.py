"""How a charge of the saved card ended, and what follows: credit, another try later, or a pause until a person acts."""

from datetime import datetime, timedelta
from typing import Final

from accounts.services.mail import mail_send
from billing.models import AutoTopUp, AutoTopUpAttempt, TopUp
from opencode.lib.due import pause_after
from opencode.lib.links import public_url
from opencode.lib.money import MICRO_CENTS_PER_CENT, format_dollars
from workspaces.models import Membership, Role, Workspace
from workspaces.webhooks import TOPUP_PAUSED, webhook_event

PAUSES: Final = (timedelta(hours=1), timedelta(hours=3), timedelta(hours=7))
HARD: Final = frozenset(
    {
        "authentication_required",
        "card_not_supported",
        "expired_card",
        "fraudulent",
        "lost_card",
        "no_card",
        "pickup_card",
        "restricted_card",
        "resource_missing",
        "stolen_card",
    }
)
"""Another try would be declined too: only the card's holder can do something about it."""
Outcome = AutoTopUpAttempt.Outcome


def attempt_end(top_up: TopUp, *, now: datetime) -> None:
    """Note how the charge of this top-up ended, if it has; in the transaction that writes the top-up."""
    attempt = AutoTopUpAttempt.objects.filter(top_up_id=top_up.pk, outcome=Outcome.OPEN).first()
    if attempt is None:
        return
    if top_up.paid_at is not None:
        _ended(attempt, Outcome.PAID, "", now)
        AutoTopUp.objects.filter(pk=top_up.account_id).update(is_armed=True, tries=0, due_at=None)
    elif top_up.state in (TopUp.State.FAILED, TopUp.State.REFUSED):
        _ended(attempt, Outcome.DECLINED, top_up.detail, now)
        _try_again(top_up, attempt.number, now)


def auto_top_up_pause(account_id: int, code: str, *, now: datetime) -> None:
    """Charge nothing more until a person acts, and tell the owners, once."""
    paused = AutoTopUp.objects.filter(pk=account_id, paused_at=None)
    if not paused.update(paused_at=now, paused_for=code[:100], due_at=None):
        return
    workspace = Workspace.objects.get(billing_account__pk=account_id)
    amount = AutoTopUp.objects.values_list("amount_cents", flat=True).get(pk=account_id)
    context = {
        "workspace": workspace.name,
        "amount": format_dollars(amount * MICRO_CENTS_PER_CENT),
        "code": code,
        "url": public_url("billing:auto_top_up", workspace.slug),
    }
    owners = Membership.objects.filter(workspace=workspace, role=Role.OWNER).select_related("user")
    for owner in owners:
        mail_send(to=owner.user.email, template="billing/mail/auto_topup_paused.html", context=context)
    webhook_event(workspace_id=workspace.pk, kind=TOPUP_PAUSED, data={"code": code})


def _ended(attempt: AutoTopUpAttempt, outcome: str, code: str, now: datetime) -> None:
    ended = {"outcome": outcome, "code": code[:100], "ended_at": now, "open_for": None}
    AutoTopUpAttempt.objects.filter(pk=attempt.pk).update(**ended)


def _try_again(top_up: TopUp, number: int, now: datetime) -> None:
    pause = None if top_up.detail in HARD or top_up.state == TopUp.State.REFUSED else pause_after(number, PAUSES)
    mine = AutoTopUp.objects.filter(pk=top_up.account_id)
    mine.update(tries=number, due_at=None if pause is None else now + pause)
    if pause is None:
        auto_top_up_pause(top_up.account_id, top_up.detail, now=now)

"""Brings a top-up and the ledger to where Stripe says they are.

Whoever begins a reading takes the next token, and only the newest reading is written: one that was overtaken changes
nothing. The row stays due while it is read: what a dead process began, the sweep does again.
"""

from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import transaction
from django.db.models import F

from billing.ledger import payments as rules
from billing.ledger.operations import Answer, Credit
from billing.ledger.payments import Reading
from billing.models import BillingAccount, StripeCall, StripeCustomer, TopUp
from billing.services.ledger import ledger_execute
from billing.services.work import Details
from billing.stripe.attempts import attempt_end
from billing.stripe.calls import CALL_PATIENCE, OPEN, CallRefused, CallUnanswered, call_make
from billing.stripe.client import stripe_client, stripe_error
from billing.stripe.reading import top_up_read
from opencode.lib.actor import PERSON, THE_CONSOLE, Actor
from opencode.lib.money import MICRO_CENTS_PER_CENT
from workspaces.services.audit import audit_record
from workspaces.webhooks import TOPUP_CREDITED, TOPUP_TAKEN_BACK, webhook_event

log = structlog.get_logger(__name__)
LEASE: Final = timedelta(seconds=60)


def top_up_converge(top_up_id: int, *, now: datetime) -> bool:
    """Read the top-up at Stripe and move the ledger; any number of times, in any order, by anybody at once.

    False when it was not read, or another reading has overtaken this one: it stays due. Stripe's errors are logged.
    """
    TopUp.objects.filter(pk=top_up_id).update(token=F("token") + 1, due_at=now + LEASE)
    top_up = TopUp.objects.filter(pk=top_up_id).first()
    if top_up is None or not _is_known_to_stripe(top_up, now):
        return False
    try:
        reading = top_up_read(stripe_client(), top_up)
    except stripe_error() as error:
        log.warning("stripe_unread", top_up=top_up_id, error=f"{type(error).__name__}: {error}"[:200])
        return False
    return _write(top_up_id, top_up.token, reading, now)


def converge_safely(top_up_id: int, *, now: datetime) -> bool:
    """The same for a worker with many: an error of ours is logged, and does not keep the others waiting."""
    try:
        return top_up_converge(top_up_id, now=now)
    except Exception:
        log.exception("top_up_not_converged", top_up=top_up_id)
        return False


def _is_known_to_stripe(top_up: TopUp, now: datetime) -> bool:
    """Whether there is something to read; a call that was left open is made first."""
    if top_up.session_id is None and top_up.intent_id is None:
        call = StripeCall.objects.filter(top_up_id=top_up.pk, state__in=OPEN).exclude(act=StripeCall.Act.REFUND).first()
        if call is None:
            TopUp.objects.filter(pk=top_up.pk, token=top_up.token).update(due_at=None)
            return False
        if now - call.created_at < CALL_PATIENCE:
            return False
        try:
            call_make(call, now=now)
        except (CallRefused, CallUnanswered):
            return False
        top_up.refresh_from_db()
    return True


def _write(top_up_id: int, token: int, reading: Reading, now: datetime) -> bool:
    with transaction.atomic():
        account_id = TopUp.objects.values_list("account_id", flat=True).get(pk=top_up_id)
        account = BillingAccount.objects.select_for_update().get(pk=account_id)
        top_up = TopUp.objects.select_for_update().get(pk=top_up_id)
        if top_up.token != token:
            return False
        refusal = rules.refusal_of(reading, top_up.credit_cents + top_up.fee_cents)
        if refusal:
            log.error("payment_refused", top_up=top_up_id, code=refusal, currencies=sorted(reading.currencies))
        if not refusal and reading.status == rules.PAID:
            _move(account, top_up, reading, now)
        _note(top_up, reading, refusal, now)
        top_up.save()
        attempt_end(top_up, now=now)
        StripeCustomer.objects.filter(pk=account_id).update(mirror_due_at=now)
    return True


def _move(account: BillingAccount, top_up: TopUp, reading: Reading, now: datetime) -> None:
    """The credit once, then what is to be taken back of it; `top_up` is changed, and saved by the caller."""
    if top_up.paid_at is None:
        _enter(account, rules.credit_source(top_up.pk), top_up.credit_cents, now)
        top_up.paid_at = now
        who = Actor(PERSON, top_up.person_id) if top_up.person_id else THE_CONSOLE
        _audit(account, who, "billing.topup", top_up, top_up.credit_cents)
        _tell(account, TOPUP_CREDITED, top_up, top_up.credit_cents)
    move = rules.claw_move(top_up.pk, top_up.credit_cents, reading, top_up.clawed_cents, top_up.claws)
    if move is not None:
        _enter(account, move.source, move.cents, now)
        top_up.clawed_cents -= move.cents
        top_up.claws += 1
        _audit(account, THE_CONSOLE, "billing.clawback", top_up, move.cents)
        _tell(account, TOPUP_TAKEN_BACK, top_up, move.cents)


def _enter(account: BillingAccount, source: str, cents: int, now: datetime) -> None:
    operation = Credit(now, source, cents * MICRO_CENTS_PER_CENT)
    decision = ledger_execute(account_id=account.pk, operation=operation, details=Details())
    if decision.answer != Answer.CREDITED:
        raise RuntimeError(f"{source}: the ledger answers {decision.answer}")


def _audit(account: BillingAccount, who: Actor, action: str, top_up: TopUp, cents: int) -> None:
    details = {"top_up": top_up.pk, "micro_cents": cents * MICRO_CENTS_PER_CENT}
    audit_record(workspace_id=account.workspace_id, actor=who, action=action, details=details)


def _tell(account: BillingAccount, kind: str, top_up: TopUp, cents: int) -> None:
    balance = BillingAccount.objects.values_list("balance", flat=True).get(pk=account.pk)
    data = {"top_up": top_up.pk, "micro_cents": cents * MICRO_CENTS_PER_CENT, "balance_micro_cents": balance}
    webhook_event(workspace_id=account.workspace_id, kind=kind, data=data)


def _note(top_up: TopUp, reading: Reading, refusal: str, now: datetime) -> None:
    """What was read, for people; none of it decides about money later."""
    is_credited = top_up.paid_at is not None
    top_up.state = rules.state_of(reading, top_up.credit_cents, refusal, is_credited=is_credited)
    top_up.detail = (refusal or reading.detail)[:100]
    top_up.tax_cents, top_up.total_cents = reading.tax, reading.total
    top_up.refunded_cents, top_up.disputed_cents = reading.refunded, reading.disputed
    top_up.intent_id = reading.intent_id or top_up.intent_id
    top_up.invoice_id = reading.invoice_id or top_up.invoice_id
    top_up.charge_id = reading.charge_id or top_up.charge_id
    top_up.card = reading.card[:40] or top_up.card
    top_up.receipt_url = reading.receipt_url[:500]
    top_up.invoice_url = reading.invoice_url[:500]
    top_up.read_at, top_up.due_at = now, None

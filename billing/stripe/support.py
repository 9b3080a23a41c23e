"""Acts of staff and operators on payments: refunds, written down with their reason before they are asked for, and
reading again.
"""

from django.db import transaction

from billing.errors import PaymentsUnavailable, RefundRefused
from billing.models import BillingAccount, StripeCall, StripeEvent, TopUp
from billing.stripe.calls import OPEN, CallRefused, CallUnanswered, call_make, call_plan
from billing.stripe.converging import top_up_converge
from billing.stripe.customers import customer_converge
from billing.stripe.inbox import event_replay, subject_of
from opencode.lib.actor import Actor
from opencode.lib.clock import utc_now
from workspaces.services.audit import audit_record


def top_up_refund(*, top_up_id: int, cents: int | None, actor: Actor) -> bool:
    """Refund so much of what was paid, all that is left without `cents`; what of the credit that takes back follows.

    False when nothing is left. Raises RefundRefused for a top-up that was never paid, while another refund of it is
    asked for, and when Stripe refuses; PaymentsUnavailable when Stripe does not answer: the refund is asked for again.
    """
    now = utc_now()
    with transaction.atomic():
        account_id = TopUp.objects.values_list("account_id", flat=True).get(pk=top_up_id)
        account = BillingAccount.objects.select_for_update().get(pk=account_id)
        top_up = TopUp.objects.get(pk=top_up_id)
        if top_up.paid_at is None or not top_up.intent_id:
            raise RefundRefused("This top-up was not paid.")
        asked = StripeCall.objects.filter(top_up_id=top_up_id, act=StripeCall.Act.REFUND, state__in=OPEN)
        if asked.exists():
            raise RefundRefused("Another refund of this top-up is being asked for.")
        left = top_up.total_cents - top_up.refunded_cents
        if left <= 0:
            return False
        if cents is not None and not 0 < cents <= left:
            raise RefundRefused("A refund is more than nothing, and at most what is left of the payment.")
        call = call_plan(
            account_id=account.pk,
            act=StripeCall.Act.REFUND,
            parameters={"payment_intent": top_up.intent_id, "amount": cents or left},
            now=now,
            top_up_id=top_up_id,
        )
        details = {"top_up": top_up_id, "cents": cents or left}
        audit_record(workspace_id=account.workspace_id, actor=actor, action="billing.refund", details=details)
    try:
        call_make(call, now=now)
    except CallRefused as error:
        raise RefundRefused(f"Stripe does not refund this: {error}.") from error
    except CallUnanswered as error:
        raise PaymentsUnavailable("Stripe did not answer; the refund is asked for again by itself.") from error
    top_up_converge(top_up_id, now=now)
    return True


def top_up_reread(*, top_up_id: int, actor: Actor, event_id: str = "") -> bool:
    """Have a top-up read at Stripe again, for staff. Raises PaymentsUnavailable when it could not be."""
    if not top_up_converge(top_up_id, now=utc_now()):
        raise PaymentsUnavailable("Stripe did not answer, or knows nothing of this top-up.")
    details = {"top_up": top_up_id, **({"event": event_id} if event_id else {})}
    with transaction.atomic():
        account = TopUp.objects.select_related("account").get(pk=top_up_id).account
        audit_record(workspace_id=account.workspace_id, actor=actor, action="billing.reread", details=details)
    return True


def customer_reread(*, account_id: int, actor: Actor, event_id: str = "") -> bool:
    """Have a customer read at Stripe again, for staff. Raises PaymentsUnavailable when it could not be."""
    if not customer_converge(account_id, now=utc_now()):
        raise PaymentsUnavailable("Stripe did not answer, or knows nothing of this customer.")
    details = {"customer": True, **({"event": event_id} if event_id else {})}
    with transaction.atomic():
        account = BillingAccount.objects.get(pk=account_id)
        audit_record(workspace_id=account.workspace_id, actor=actor, action="billing.reread", details=details)
    return True


def event_replay_for(*, event: StripeEvent, actor: Actor) -> bool:
    """Work an event off again, for staff; False when it is about nothing of ours. Raises PaymentsUnavailable."""
    top_up_id, account_id = subject_of(event)
    if top_up_id is not None:
        top_up_reread(top_up_id=top_up_id, actor=actor, event_id=event.event_id)
    elif account_id is not None:
        customer_reread(account_id=account_id, actor=actor, event_id=event.event_id)
    else:
        return False
    return event_replay(event.event_id, now=utc_now())

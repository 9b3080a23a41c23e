"""Stripe's own pages for a workspace: its cards, invoices, company and tax id."""

from django.conf import settings
from django.urls import reverse

from billing.errors import PaymentsOff, PaymentsUnavailable
from billing.models import BillingAccount
from billing.stripe.calls import CallRefused, CallUnanswered
from billing.stripe.client import stripe_client, stripe_error
from billing.stripe.topups import customer_ensure
from opencode.lib.clock import utc_now
from workspaces.models import Workspace


def portal_open(*, workspace: Workspace) -> str:
    """The address of the pages, good for a short while. Raises PaymentsOff, PaymentsUnavailable.

    A session of them changes nothing by itself, so that the call is not written down.
    """
    if settings.PAYMENTS.mode == "none":
        raise PaymentsOff
    account = BillingAccount.objects.get(workspace_id=workspace.pk)
    back = settings.PUBLIC_URL + reverse("billing:billing", args=[workspace.slug])
    try:
        customer_id = customer_ensure(account, now=utc_now())
        session = stripe_client().v1.billing_portal.sessions.create({"customer": customer_id, "return_url": back})
    except (CallRefused, CallUnanswered, stripe_error()) as error:
        raise PaymentsUnavailable from error
    return session.url

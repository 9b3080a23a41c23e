"""Where Stripe sends its events: signed, bounded, taken into the inbox and answered; the worker does the rest."""

from typing import Final

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from prometheus_client import Counter

from billing.errors import SignatureInvalid
from billing.stripe.inbox import EventMalformed, event_receive
from billing.stripe.signatures import is_signed
from opencode.lib.clock import utc_now
from opencode.lib.errors import BodyMalformed, BodyTooLarge, Denial, NotFound
from opencode.lib.http import denial_response, request_id_of

log = structlog.get_logger(__name__)
EVENT_BYTES: Final = 1024 * 1024
UNSIGNED: Final = Counter("opencode_stripe_unsigned", "Events without a valid signature, which were refused.")


@csrf_exempt
@require_POST
def stripe_events(request: HttpRequest) -> HttpResponse:
    """200 once the event is durable. A body that is not signed leaves a count behind, and nothing else."""
    try:
        _receive(request)
    except Denial as denial:
        return denial_response(denial, request_id_of(request))
    return HttpResponse(status=200)


def _receive(request: HttpRequest) -> None:
    payments = settings.PAYMENTS
    if payments.mode == "none":
        raise NotFound
    body = request.read(EVENT_BYTES + 1)
    if len(body) > EVENT_BYTES:
        raise BodyTooLarge(limit=EVENT_BYTES)
    now = utc_now()
    header = request.headers.get("Stripe-Signature", "")
    if not is_signed(body, header, payments.webhook_secrets, int(now.timestamp())):
        UNSIGNED.inc()
        raise SignatureInvalid
    try:
        event_receive(body, now=now)
    except EventMalformed as error:
        log.error("stripe_event_malformed", why=str(error))
        raise BodyMalformed from error

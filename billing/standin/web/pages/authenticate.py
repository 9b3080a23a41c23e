"""The page of a make-believe bank: is it you? Then back to where the payment was asked for."""

from urllib.parse import urlencode

from billing.standin.objects.paying import intent_authenticate
from billing.standin.objects.setups import setup_authenticate
from billing.standin.sandbox import Object, Sandbox, StripeRefusal
from billing.standin.service import perform
from billing.standin.web.exchange import Exchange, form_of
from billing.standin.web.html import Shown, form, message, page, redirect


def authenticate_page(sandbox: Sandbox, exchange: Exchange, secret: str) -> Shown:
    intent = _intent(sandbox, secret)
    if intent is None:
        return message("Not found", "There is no such payment.", 404)
    back = intent.get("_return_url")
    if exchange.method != "POST":
        if intent["status"] != "requires_action":
            return _leave(intent, back)
        text = "<p>Your bank wants to know whether it is you who pays with this card.</p>"
        parts = (text, form("confirm", button="Yes, it is me"), form("refuse", button="No", quiet=True))
        session = sandbox.find("checkout.session", intent["_session"] or "") or {}
        return page("Your bank asks", *parts, leads_to=(back, session.get("success_url")))
    succeeds = form_of(exchange).get("act") == "confirm"
    act = intent_authenticate if intent["object"] == "payment_intent" else setup_authenticate
    try:
        perform(sandbox, lambda: act(sandbox, intent, succeeds=succeeds))
    except StripeRefusal as refusal:
        if not back:
            return message("Not paid", str(refusal), 402)
    return _leave(intent, back)


def _intent(sandbox: Sandbox, secret: str) -> Object | None:
    """The intent whose client secret this is: it begins with the intent's id."""
    id_ = secret.partition("_secret")[0]
    kind = "setup_intent" if id_.startswith("seti_") else "payment_intent"
    intent = sandbox.find(kind, id_)
    return intent if intent is not None and intent["client_secret"] == secret else None


def _leave(intent: Object, back: str | None) -> Shown:
    status = "succeeded" if intent["status"] in ("succeeded", "processing", "requires_capture") else "failed"
    if not back:
        return message("Done" if status == "succeeded" else "Not paid", "You can close this page.")
    said = {intent["object"]: intent["id"], f"{intent['object']}_client_secret": intent["client_secret"]}
    query = urlencode({**said, "redirect_status": status})
    return redirect(f"{back}{'&' if '?' in back else '?'}{query}")

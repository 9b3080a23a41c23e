"""Paying a checkout session with a card, as the pay page and `payment_pages` do."""

from billing.standin.objects.checkout import session_complete
from billing.standin.objects.customers import customer_create
from billing.standin.objects.intents import intent_new
from billing.standin.objects.paying import intent_confirm
from billing.standin.objects.setups import setup_create
from billing.standin.sandbox import Object, Sandbox, invalid


def session_pay(sandbox: Sandbox, session: Object, method: Object) -> Object:
    """Pay, save or subscribe with this payment method: the intent, which may wait for the card's holder.

    Raises StripeRefusal when the card declines; the session stays open then.
    """
    if session["status"] != "open":
        raise invalid(f"This Checkout Session is {session['status']}.", code="checkout_session_not_open")
    customer_id = _customer(sandbox, session, method)
    details = method["billing_details"]
    customer = sandbox.find("customer", customer_id or "") or {}
    shown = {name: details[name] or customer.get(name) for name in ("email", "name", "phone")}
    shown |= {"address": details["address"], "business_name": None, "individual_name": None}
    sandbox.update(
        session, {"customer_details": {**shown, "tax_exempt": "none", "tax_ids": _tax_ids(sandbox, customer_id)}}
    )
    if session["mode"] == "payment":
        return _pay(sandbox, session, method)
    back = f"{sandbox.base_url}/pay/{session['id']}"
    data = {**session["_given"]["setup_intent"], "customer": customer_id, "usage": "off_session"}
    asked = {"payment_method": method["id"], "confirm": True, "return_url": back, "_session": session["id"]}
    setup = setup_create(sandbox, {**data, **asked})
    if session["mode"] == "setup":
        sandbox.update(session, {"setup_intent": setup["id"]})
    return setup


def _pay(sandbox: Sandbox, session: Object, method: Object) -> Object:
    if session["amount_total"] == 0:
        sandbox.update(session, {"payment_status": "no_payment_required"})
        session_complete(sandbox, session)
        return {"status": "succeeded"}
    intent = sandbox.find("payment_intent", session["payment_intent"] or "")
    if intent is None:
        data = session["_given"]["payment_intent"]
        asked = {"amount": session["amount_total"], "currency": session["currency"], "customer": session["customer"]}
        types = {"payment_method_types": session["payment_method_types"], "_session": session["id"]}
        intent = intent_new(sandbox, {**data, **asked, **types})
        sandbox.update(session, {"payment_intent": intent["id"]})
        sandbox.emit("payment_intent.created", intent)
    sandbox.update(intent, {"payment_method": method["id"], "status": "requires_confirmation"})
    return intent_confirm(sandbox, intent, {"return_url": f"{sandbox.base_url}/pay/{session['id']}"})


def _customer(sandbox: Sandbox, session: Object, method: Object) -> str | None:
    """The session's customer; made when the session says so, or has something that needs one."""
    if session["customer"] is None:
        invoices = (session["invoice_creation"] or {}).get("enabled")
        if session["customer_creation"] == "always" or session["mode"] != "payment" or invoices:
            details = method["billing_details"]
            email = session["customer_email"] or details["email"]
            customer = customer_create(sandbox, {"email": email, "name": details["name"]})
            sandbox.update(session, {"customer": customer["id"]})
    customer_id: str | None = session["customer"]
    return customer_id


def _tax_ids(sandbox: Sandbox, customer_id: str | None) -> list[Object]:
    found = [tax_id for tax_id in sandbox.every("tax_id") if tax_id["customer"] == customer_id]
    return [{"type": tax_id["type"], "value": tax_id["value"]} for tax_id in found]

"""The pay page of a checkout session: what is to be paid, a card to choose, and the way back."""

from html import escape
from typing import Final

from billing.standin.objects.charges import money_text
from billing.standin.objects.checkout import session_promote
from billing.standin.objects.checkoutpaying import session_pay
from billing.standin.sandbox import Object, Sandbox, StripeRefusal
from billing.standin.service import perform
from billing.standin.web.exchange import Exchange, form_of
from billing.standin.web.html import Shown, alert, choices, field, form, link, message, page, redirect, table
from billing.standin.web.pages.methods import CARDS, DEBITS, method_chosen, saved_cards

UNAUTHENTICATED: Final = "The bank has not confirmed that it is you. Choose a card and try again."


def pay_page(sandbox: Sandbox, exchange: Exchange, id_: str) -> Shown:
    session = sandbox.find("checkout.session", id_)
    if session is None:
        return message("Not found", "There is no such payment.", 404)
    if session["status"] == "complete":
        return redirect(success_url(session))
    if session["status"] == "expired":
        return message("Expired", "This payment has expired. Go back and start again.", 410)
    if exchange.method == "POST":
        return _act(sandbox, session, form_of(exchange))
    failed = exchange.arguments.get("redirect_status") == "failed"
    return _show(sandbox, session, UNAUTHENTICATED if failed else None, {})


def success_url(session: Object) -> str:
    return str(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]))


def _act(sandbox: Sandbox, session: Object, fields: dict[str, str]) -> Shown:
    try:
        if fields.get("act") == "promote":
            perform(sandbox, lambda: session_promote(sandbox, session, fields.get("code", "")))
            return redirect(f"/pay/{session['id']}")
        intent = perform(sandbox, lambda: _pay(sandbox, session, fields))
    except StripeRefusal as refusal:
        return _show(sandbox, session, str(refusal), fields, status=402)
    if intent["status"] == "requires_action":
        return redirect(f"/authenticate/{intent['client_secret']}")
    return redirect(success_url(session))


def _pay(sandbox: Sandbox, session: Object, fields: dict[str, str]) -> Object:
    details = {"email": fields.get("email"), "name": fields.get("name")}
    method = method_chosen(sandbox, fields.get("method", ""), details, session["customer"])
    return session_pay(sandbox, session, method)


def _show(sandbox: Sandbox, session: Object, said: str | None, fields: dict[str, str], status: int = 200) -> Shown:
    """The page; `fields` is what was typed before, which is kept."""
    who = (
        []
        if session["customer"]
        else [
            field("email", "E-mail", fields.get("email") or session["customer_email"], "email"),
            field("name", "Name", fields.get("name")),
        ]
    )
    debits = DEBITS if session["mode"] == "payment" and session["payment_method_types"] != ["card"] else ()
    offered = [*saved_cards(sandbox, session["customer"]), *CARDS, *debits]
    chosen = choices(
        "method", "Pay with" if session["mode"] != "setup" else "Card to save", offered, fields.get("method", "")
    )
    promotion = ""
    if session["allow_promotion_codes"] and not session["discounts"]:
        promotion = form("promote", field("code", "Promotion code"), button="Apply", quiet=True)
    back = f"<p>{link(session['cancel_url'], 'Go back without paying')}</p>" if session["cancel_url"] else ""
    parts = [_sum(session), alert(said), promotion, form("pay", *who, chosen, button=_button(session)), back]
    return page(_title(session), *parts, status=status, leads_to=(session["success_url"], session["cancel_url"]))


def _sum(session: Object) -> str:
    if session["mode"] == "setup":
        return "<p>The card is saved for later payments. Nothing is charged now.</p>"
    currency, details = session["currency"], session["total_details"]
    rows = [
        (f"{line['quantity']} × {line['description']}", money_text(line["amount"], currency))
        for line in session["_lines"]
    ]
    if details["amount_discount"]:
        rows.append(("Discount", money_text(-details["amount_discount"], currency)))
    if details["amount_tax"]:
        rows.append(("Tax", money_text(details["amount_tax"], currency)))
    rows.append(("Total", money_text(session["amount_total"], currency)))
    note = (
        f'<p class="soft">{escape("Renews by itself until you cancel it.")}</p>'
        if session["mode"] == "subscription"
        else ""
    )
    return table(rows) + note


def _title(session: Object) -> str:
    return {"payment": "Pay", "subscription": "Subscribe", "setup": "Save a card"}[session["mode"]]


def _button(session: Object) -> str:
    if session["mode"] == "setup":
        return "Save the card"
    return f"{_title(session)} {money_text(session['amount_total'], session['currency'])}"

"""The pages, as a browser without scripts sees them."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.standin import DAY
from tests.support.standin_server import Served, serving

SUCCESS = "http://console.test/paid?session={CHECKOUT_SESSION_ID}"


@pytest.fixture
def served() -> Iterator[Served]:
    with serving() as running:
        yield running


@pytest.fixture
def browser(served: Served) -> Iterator[httpx.Client]:
    with served.browser() as client:
        yield client


def session_of(served: Served, **given: Any) -> Any:
    data = {"currency": "usd", "unit_amount": 2_000, "product_data": {"name": "<b>Credit</b>"}}
    asked: Any = {
        "mode": "payment",
        "success_url": SUCCESS,
        "cancel_url": "http://console.test/billing",
        "line_items": [{"price_data": data, "quantity": 1}],
        **given,
    }
    return served.api.checkout.sessions.create(asked)


def test_a_card_that_pays_leads_back_to_the_console(served: Served, browser: httpx.Client) -> None:
    session = session_of(served)
    shown = browser.get(session.url)
    assert "Test payments: no money moves" in shown.text
    assert "&lt;b&gt;Credit&lt;/b&gt;" in shown.text
    assert "<script" not in shown.text
    assert 'href="http://console.test/billing"' in shown.text
    paid = browser.post(session.url, data={"act": "pay", "method": "pm_card_visa", "email": "alice@example.com"})
    assert (paid.status_code, paid.headers["location"]) == (303, SUCCESS.format(CHECKOUT_SESSION_ID=session.id))
    done = served.api.checkout.sessions.retrieve(session.id)
    assert (done.payment_status, done.customer_details.email) == ("paid", "alice@example.com")  # type: ignore[union-attr]
    again = browser.post(session.url, data={"act": "pay", "method": "pm_card_visa"})
    assert again.headers["location"] == paid.headers["location"]
    assert len(served.api.charges.list().data) == 1


def test_a_pages_policy_names_where_its_form_may_end(served: Served, browser: httpx.Client) -> None:
    policy = browser.get(session_of(served).url).headers["content-security-policy"]
    assert policy == (
        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        "form-action 'self' http://console.test"
    )
    odd = session_of(served, success_url="http://console.test;script-src *//x", cancel_url=None)
    assert "script-src" not in browser.get(odd.url).headers["content-security-policy"]


def test_a_card_that_declines_says_why_and_another_pays(served: Served, browser: httpx.Client) -> None:
    session = session_of(served)
    refused = browser.post(session.url, data={"act": "pay", "method": "pm_card_chargeDeclinedInsufficientFunds"})
    assert refused.status_code == 402
    assert '<p class="alert" role="alert">Your card has insufficient funds.</p>' in refused.text
    assert browser.post(session.url, data={"act": "pay", "method": "pm_card_visa"}).status_code == 303


@pytest.mark.parametrize(
    ("act", "status", "location"), [("confirm", "complete", "/pay/"), ("refuse", "open", "redirect_status=failed")]
)
def test_a_bank_asks_and_the_answer_counts(
    served: Served, browser: httpx.Client, act: str, status: str, location: str
) -> None:
    session = session_of(served)
    asked = browser.post(session.url, data={"act": "pay", "method": "pm_card_authenticationRequired"})
    assert asked.headers["location"].startswith("/authenticate/pi_")
    assert "Your bank asks" in browser.get(asked.headers["location"]).text
    answered = browser.post(asked.headers["location"], data={"act": act})
    assert location in answered.headers["location"]
    assert served.api.checkout.sessions.retrieve(session.id).status == status
    back = browser.get(answered.headers["location"])
    assert (back.status_code == 303) is (status == "complete")
    assert ("has not confirmed" in back.text) is (status == "open")


def test_an_intent_without_a_session_goes_back_to_its_return_url(served: Served, browser: httpx.Client) -> None:
    given: Any = {
        "amount": 2_000,
        "currency": "usd",
        "payment_method": "pm_card_authenticationRequired",
        "confirm": True,
        "return_url": "http://console.test/back?a=1",
    }
    intent: Any = served.api.payment_intents.create(given)
    url = intent.next_action.redirect_to_url.url
    done = browser.post(url, data={"act": "confirm"})
    assert done.headers["location"].startswith(f"http://console.test/back?a=1&payment_intent={intent.id}&")
    assert done.headers["location"].endswith("redirect_status=succeeded")
    assert browser.get(f"/authenticate/{intent.id}_secret_guess").status_code == 404


def test_a_promotion_code_is_typed_and_lowers_the_total(served: Served, browser: httpx.Client) -> None:
    coupon = served.api.coupons.create({"percent_off": 25, "duration": "once"})
    promotion: Any = {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "QUARTER"}
    served.api.promotion_codes.create(promotion)
    session = session_of(served, allow_promotion_codes=True)
    assert browser.post(session.url, data={"act": "promote", "code": "HALF"}).status_code == 402
    assert browser.post(session.url, data={"act": "promote", "code": " quarter "}).status_code == 303
    assert "Pay $15.00" in browser.get(session.url).text


def test_a_debit_is_offered_where_the_session_takes_it(served: Served, browser: httpx.Client) -> None:
    assert "Bank account" not in browser.get(session_of(served).url).text
    session = session_of(served, payment_method_types=["card", "us_bank_account"])
    assert browser.post(session.url, data={"act": "pay", "method": "debit"}).status_code == 303
    assert served.api.checkout.sessions.retrieve(session.id).payment_status == "unpaid"


def test_nobody_pays_with_the_card_of_somebody_else(served: Served, browser: httpx.Client) -> None:
    alice, bob = (served.api.customers.create({"name": name}).id for name in ("alice", "bob"))
    card = served.api.payment_methods.attach("pm_card_visa", {"customer": alice})
    session = session_of(served, customer=bob)
    assert "Saved" not in browser.get(session.url).text
    for method in (card.id, "pm_nothing", ""):
        assert browser.post(session.url, data={"act": "pay", "method": method}).status_code == 402
    assert served.api.charges.list().data == []
    own = session_of(served, customer=alice)
    assert "Saved: Visa •••• 4242" in browser.get(own.url).text
    assert browser.post(own.url, data={"act": "pay", "method": card.id}).status_code == 303


def test_a_late_payment_is_told_so(served: Served, browser: httpx.Client) -> None:
    session = session_of(served)
    served.switch("advance", seconds=DAY)
    assert browser.get(session.url).status_code == 410


def portal_of(served: Served, customer: str) -> str:
    return str(
        served.api.billing_portal.sessions.create({"customer": customer, "return_url": "http://console.test/b"}).url
    )


def test_the_portal_adds_a_card_makes_it_the_default_and_removes_it(served: Served, browser: httpx.Client) -> None:
    customer = served.api.customers.create({}).id
    portal = portal_of(served, customer)
    assert "No card is saved." in browser.get(portal).text
    assert browser.post(portal, data={"act": "add", "method": "pm_card_visa"}).status_code == 303
    first = served.api.customers.retrieve(customer).invoice_settings.default_payment_method  # type: ignore[union-attr]
    asked = browser.post(portal, data={"act": "add", "method": "pm_card_authenticationRequiredOnSetup"})
    assert browser.post(asked.headers["location"], data={"act": "confirm"}).headers["location"].startswith(portal)
    assert browser.post(portal, data={"act": "add", "method": "pm_card_chargeDeclined"}).status_code == 402
    second = served.api.customers.payment_methods.list(customer).data[0].id
    browser.post(portal, data={"act": "default", "method": second})
    browser.post(portal, data={"act": "remove", "method": str(first)})
    kept: Any = served.api.customers.retrieve(customer)
    assert kept.invoice_settings.default_payment_method == second
    assert [method.id for method in served.api.customers.payment_methods.list(customer).data] == [second]


def test_the_portal_keeps_who_invoices_are_made_out_to(served: Served, browser: httpx.Client) -> None:
    customer = served.api.customers.create({}).id
    portal = portal_of(served, customer)
    details = {"act": "details", "name": "Alpha GmbH", "email": "pay@example.com", "country": "DE"}
    assert browser.post(portal, data={**details, "tax_id": "DE123456789"}).status_code == 303
    refused = browser.post(portal, data={**details, "tax_id": "nonsense"})
    assert (refused.status_code, 'value="nonsense"' in refused.text) == (402, True)
    assert browser.post(portal, data={**details, "email": "nonsense"}).status_code == 402
    kept: Any = served.api.customers.retrieve(customer, {"expand": ["tax_ids"]})
    assert (kept.name, kept.address.country, kept.email) == ("Alpha GmbH", "DE", "pay@example.com")
    assert [tax_id.value for tax_id in kept.tax_ids.data] == ["DE123456789"]


def test_the_portal_ends_a_subscription_and_takes_that_back(served: Served, browser: httpx.Client) -> None:
    customer = served.api.customers.create({}).id
    card = served.api.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    product = served.api.products.create({"name": "Team"})
    price: Any = {"product": product.id, "unit_amount": 2_000, "currency": "usd", "recurring": {"interval": "month"}}
    items: Any = [{"price": served.api.prices.create(price).id}]
    subscription = served.api.subscriptions.create(
        {"customer": customer, "items": items, "default_payment_method": card}
    )
    portal = portal_of(served, customer)
    stranger = portal_of(served, served.api.customers.create({}).id)
    assert browser.post(stranger, data={"act": "end", "subscription": subscription.id}).status_code == 402
    for act, ends in (("end", True), ("resume", False)):
        browser.post(portal, data={"act": act, "subscription": subscription.id})
        assert served.api.subscriptions.retrieve(subscription.id).cancel_at_period_end is ends
    invoice = re.search(r'href="(http[^"]+/invoices/in_\w+)"', browser.get(portal).text)
    assert invoice is not None
    assert "1 × Team" in browser.get(invoice[1]).text
    served.switch("advance", seconds=3_601)
    assert browser.get(portal).status_code == 410


def test_an_open_invoice_is_paid_on_its_page_and_kept_as_pdf(served: Served, browser: httpx.Client) -> None:
    customer = served.api.customers.create({"name": "Alpha (Europe) GmbH"}).id
    served.api.invoice_items.create({"customer": customer, "amount": 2_000, "currency": "usd"})
    draft = served.api.invoices.create({"customer": customer, "pending_invoice_items_behavior": "include"})
    assert browser.get(f"/invoices/{draft.id}").status_code == 404
    invoice: Any = served.api.invoices.finalize_invoice(draft.id)
    refused = browser.post(invoice.hosted_invoice_url, data={"method": "pm_card_chargeCustomerFail"})
    assert (refused.status_code, "Your card was declined." in refused.text) == (402, True)
    asked = browser.post(invoice.hosted_invoice_url, data={"method": "pm_card_authenticationRequired"})
    browser.post(asked.headers["location"], data={"act": "confirm"})
    assert served.api.invoices.retrieve(invoice.id).status == "paid"
    pdf = browser.get(invoice.invoice_pdf)
    assert pdf.content.startswith(b"%PDF-1.4")
    assert b"(To: Alpha \\(Europe\\) GmbH)" in pdf.content
    assert int(pdf.content.rsplit(b"startxref\n")[1].split()[0]) == pdf.content.index(b"xref\n0 ")


def test_a_receipt_says_what_was_paid_and_sent_back(served: Served, browser: httpx.Client) -> None:
    given: Any = {"amount": 2_000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    intent: Any = served.api.payment_intents.create({**given, "expand": ["latest_charge"]})
    served.api.refunds.create({"payment_intent": intent.id, "amount": 500})
    receipt = browser.get(intent.latest_charge.receipt_url).text
    assert "$20.00" in receipt
    assert "$5.00" in receipt


@pytest.mark.parametrize(
    "path", ["/", "/pay/cs_test_x", "/portal/test_x", "/receipts/ch_x", "/invoices/in_x/pdf", "/pay/"]
)
def test_an_address_of_nothing_is_a_404(browser: httpx.Client, path: str) -> None:
    assert browser.get(path).status_code == 404
    assert browser.post(path, data={"act": "pay"}).status_code == 404

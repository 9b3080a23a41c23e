"""The pages of a top-up: what it costs before, what became of it after."""

from typing import Any

import pytest

from billing.models import TopUp
from billing.pricing.fees import fee_cents
from opencode.lib.money import format_dollars
from tests.billing.stripe.payments import CENT, Paying
from tests.cast import Cast, SignIn

PAGE = "/workspaces/alpha/billing/topup/"


def test_credit_fee_and_total_are_shown_before(paying: Paying, cast: Cast, sign_in: SignIn) -> None:
    text = sign_in(cast.alice).get(PAGE, {"amount": "50"}).content.decode()
    for cents in (5_000, fee_cents(5_000), 5_000 + fee_cents(5_000)):
        assert format_dollars(cents * CENT) in text
    assert not TopUp.objects.exists()


def test_a_post_leads_to_the_page_to_pay_on_and_back(paying: Paying, cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in(cast.alice)
    text = browser.post(PAGE, {"amount": "20"}).content.decode()
    top_up = TopUp.objects.get()
    assert str(paying.sandbox.records["checkout.session"][str(top_up.session_id)]["url"]) in text
    shown = f"{PAGE}{top_up.pk}/"
    assert "Waiting for the payment" in browser.get(shown).content.decode()
    paying.pay(top_up)
    paying.hear()
    text = browser.get(shown).content.decode()
    assert "Paid, and credited" in text
    assert "$20.00" in text
    assert "hx-get" not in text


def test_whoever_comes_back_has_it_read_without_an_event(paying: Paying, cast: Cast, sign_in: SignIn) -> None:
    top_up = paying.begin()
    paying.work()
    paying.pay(top_up)
    TopUp.objects.update(read_at=None)
    sign_in(cast.alice).get(f"{PAGE}{top_up.pk}/")
    TopUp.objects.update(due_at=paying.now)
    paying.work()
    assert paying.balance == 2_000


@pytest.mark.parametrize("amount", ["9.99", "10000.01", "10.001", "x", "", "-20", "NaN"])
def test_an_amount_that_cannot_be_is_said_beside_the_field(
    paying: Paying, cast: Cast, sign_in: SignIn, amount: str
) -> None:
    answer = sign_in(cast.alice).post(PAGE, {"amount": amount})
    assert (answer.status_code, TopUp.objects.count()) == (422, 0)
    assert 'aria-invalid="true"' in answer.content.decode()


def test_others_top_ups_are_not_found(paying: Paying, cast: Cast, sign_in: SignIn) -> None:
    top_up = paying.begin()
    assert sign_in(cast.bob).get(f"{PAGE}{top_up.pk}/").status_code == 403
    assert sign_in(cast.charlie).get(f"/workspaces/gamma/billing/topup/{top_up.pk}/").status_code == 404


def test_without_payments_the_page_says_so(cast: Cast, sign_in: SignIn) -> None:
    answer: Any = sign_in(cast.alice).get(PAGE)
    assert answer.status_code == 409
    assert "Payments are not set up" in answer.content.decode()


def test_cards_invoices_and_company_are_on_stripes_pages(paying: Paying, cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in(cast.alice)
    assert "/portal/test_" in browser.post("/workspaces/alpha/billing/portal/").content.decode()
    assert "/portal/test_" in browser.post("/workspaces/alpha/billing/portal/").content.decode()
    assert len(paying.api.customers.list().data) == 1
    paying.fault("POST /v1/billing_portal/sessions")
    assert browser.post("/workspaces/alpha/billing/portal/").status_code == 503
    assert sign_in(cast.bob).post("/workspaces/alpha/billing/portal/").status_code == 403

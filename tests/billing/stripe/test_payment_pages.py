"""Payments on the Billing pages: the list with its receipts, the state line, the statement, and who may top up."""

import re
from typing import Any

import pytest
from django.test import Client

from billing.models import TopUp
from tests.billing.stripe.payments import CENT, Paying
from tests.billing.test_billing_page import PAGE, text_of
from tests.cast import Cast, SignIn

pytestmark = pytest.mark.django_db
PAYMENTS = f"{PAGE}payments/"
TOP_UP = f"{PAGE}topup/"


@pytest.fixture
def page(cast: Cast, sign_in: SignIn, paying: Paying) -> Client:
    return sign_in(cast.alice)


def line_of(page: Client) -> str:
    """The state line."""
    html = page.get(PAGE).content.decode()
    (line,) = re.findall(r'<div class="callout[^"]* standing".*?</div>', html, re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", line).split())


def row(top_up: TopUp, **fields: Any) -> None:
    TopUp.objects.filter(pk=top_up.pk).update(**fields)


def test_payment_is_listed_with_its_amounts_and_its_receipt(paying: Paying, page: Client) -> None:
    top_up = paying.paid(2_000)
    row(top_up, tax_cents=210, total_cents=2_340, refunded_cents=500, state="refunded")
    top_up.refresh_from_db()
    for path in (PAGE, PAYMENTS):
        response = page.get(path)
        assert "Refunded $20.00" in text_of(response)
        assert "$2.10 $23.40 $5.00" in text_of(response)
        assert f'href="{TOP_UP}{top_up.pk}/"' in response.content.decode()
        assert (f'href="{top_up.receipt_url}"' in response.content.decode(), bool(top_up.receipt_url)) == (True, True)


@pytest.mark.parametrize(
    ("account", "payment", "words"),
    [
        ({}, {}, "Test payments. Nothing is charged"),
        ({}, {"state": "pending"}, "A payment is on its way."),
        ({}, {"state": "disputed"}, "A payment is disputed at the bank."),
        ({"monthly_limit": 0}, {"state": "pending"}, "The monthly budget is used up."),
        ({"monthly_limit": 0}, {"state": "disputed"}, "A payment is disputed at the bank."),
        ({"funding": "prepaid", "balance": -1}, {"state": "disputed"}, "The balance is below zero."),
        ({"funding": "prepaid", "balance": 0}, {}, "Nothing is left to spend."),
    ],
)
def test_state_line_says_the_gravest(
    paying: Paying, page: Client, account: dict[str, Any], payment: dict[str, Any], words: str
) -> None:
    top_up = paying.paid()
    row(top_up, **{"state": "paid", **payment})
    type(paying.account).objects.filter(pk=paying.account.pk).update(**account)
    assert line_of(page).startswith(words)


def test_owner_tops_up_and_admin_asks_one(cast: Cast, sign_in: SignIn, paying: Paying, page: Client) -> None:
    type(paying.account).objects.update(funding="prepaid")
    assert line_of(page).endswith("Top up")
    assert f'<a class="button primary" href="{TOP_UP}">Top up</a>' in page.get(PAGE).content.decode()
    paying.paid()
    type(paying.account).objects.update(balance=0)
    admin = sign_in(cast.bob)
    assert line_of(admin).endswith("Ask an owner")
    html = admin.get(PAGE).content.decode() + admin.get(PAYMENTS).content.decode()
    assert ("Paid" in html, TOP_UP in html) == (True, False)


def test_statement_names_payments_and_leads_to_them(paying: Paying, page: Client) -> None:
    paying.paid(2_000)
    response = page.get(f"{PAGE}statement/")
    assert "Payment +$20.00 $20.00" in text_of(response)
    assert f'<a href="{PAYMENTS}">Payment</a>' in response.content.decode()
    assert paying.balance * CENT == 20 * 100 * CENT


def test_payments_are_paged_by_key(paying: Paying, page: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billing.views.payments.PAYMENTS_SHOWN", 2)
    account = paying.account
    made = [TopUp.objects.create(account=account, state="paid", credit_cents=n, fee_cents=1) for n in range(3)]
    first = page.get(PAYMENTS)
    assert [line[0].id for line in first.context["paid"]] == [made[2].pk, made[1].pk]
    second = page.get(f"{PAYMENTS}?before={first.context['further']}")
    assert [line[0].id for line in second.context["paid"]] == [made[0].pk]
    assert "Newest" in text_of(second)


def test_pages_that_were_left_unpaid_are_no_payments(paying: Paying, page: Client) -> None:
    paying.begin()
    assert "No payments yet" in text_of(page.get(PAYMENTS))


def test_every_state_of_a_payment_has_words(paying: Paying, page: Client) -> None:
    for state in TopUp.State:
        TopUp.objects.create(account=paying.account, state=state, credit_cents=1000, fee_cents=1)
    assert len(page.get(PAYMENTS).context["paid"]) == len(TopUp.State) - 1

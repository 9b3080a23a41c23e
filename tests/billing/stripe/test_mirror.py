"""The mirror: what Stripe holds of a customer, copied for support to look at, and never what money depends on."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client

from accounts.models import User
from billing.mirror.rows import mirror_forget
from billing.mirror.tables import APP, TABLES
from billing.models import StripeCustomer
from billing.services.ends import billing_names_erase
from billing.stripe.converging import top_up_converge
from billing.stripe.mirroring import mirrors_write
from tests.billing.stripe.payments import Paying
from tests.cast import person

COLUMNS = {
    "customer": {"email", "default_payment_method_id", "subscriber_id", "date_purged"},
    "charge": {
        *("amount", "currency", "status", "balance_transaction_id", "customer_id", "invoice_id"),
        *("payment_intent_id", "payment_method_id", "source_id"),
    },
    "invoice": {"charge_id", "customer_id", "default_payment_method_id", "payment_intent_id", "subscription_id"},
    "subscription": {"customer_id"},
}
EVERY = {
    *("djstripe_created", "djstripe_updated", "stripe_data", "djstripe_id", "id"),
    *("djstripe_owner_account_id", "livemode", "created", "metadata"),
}


def rows(kind: str) -> Any:
    return apps.get_model(APP, kind)._default_manager.order_by("djstripe_id")


@pytest.fixture
def mirrored(paying: Paying) -> Paying:
    """A top-up was paid and copied."""
    paying.paid()
    paying.work()
    return paying


@pytest.fixture
def support(client: Client) -> Client:
    staff = person("support")
    User.objects.filter(pk=staff.pk).update(is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_topup"))
    client.force_login(User.objects.get(pk=staff.pk))
    return client


def test_customer_and_payment_are_copied_with_no_key_of_stripes(mirrored: Paying) -> None:
    (customer,), (charge,), (invoice,) = rows("customer"), rows("charge"), rows("invoice")
    assert (customer.id, charge.customer_id) == (mirrored.account.customer_id, customer.id)
    assert (charge.amount, charge.status, invoice.stripe_data["status"]) == (Decimal("21.23"), "succeeded", "paid")
    assert StripeCustomer.objects.get().mirror_due_at is None
    tables = {name for name in connection.introspection.table_names() if name.startswith(APP)}
    assert tables == {f"{APP}_{kind}" for kind in TABLES}


def test_newer_copy_takes_the_place_of_the_older_one(mirrored: Paying) -> None:
    mirrored.api.customers.update(str(mirrored.account.customer_id), {"email": "books@example.com"})
    mirrored.hear()
    assert [each.email for each in rows("customer")] == ["books@example.com"]


def test_mirror_that_cannot_be_written_stays_due_and_money_is_right(paying: Paying) -> None:
    paying.fault("GET /v1/charges", times=3)
    paying.paid()
    assert (paying.balance, rows("charge").count()) == (2_000, 0)
    paying.switch_faults_off()
    assert mirrors_write(now=paying.now) == 0
    assert mirrors_write(now=paying.now + timedelta(minutes=11)) == 1
    assert rows("charge").count() == 1


def test_purge_deletes_the_copies_and_a_late_event_brings_none_back(mirrored: Paying) -> None:
    customer_id = str(mirrored.account.customer_id)
    billing_names_erase(mirrored.workspace.pk)
    assert [rows(kind).count() for kind in TABLES] == [0, 0, 0, 0]
    assert mirror_forget(customer_id) == 0
    assert (StripeCustomer.objects.get().email, StripeCustomer.objects.get().card) == ("", "")


def test_support_looks_customers_up_and_changes_nothing(mirrored: Paying, support: Client) -> None:
    for kind in TABLES:
        assert support.get(f"/admin/{APP}/{kind}/").status_code == 200
        assert support.get(f"/admin/{APP}/{kind}/add/").status_code == 403
    (charge,) = rows("charge")
    for wanted in ("alpha", charge.customer_id, charge.id):
        assert charge.id in support.get(f"/admin/{APP}/charge/", {"q": wanted}).content.decode()
    assert charge.id not in support.get(f"/admin/{APP}/charge/", {"q": "gamma"}).content.decode()
    page = support.get(f"/admin/{APP}/charge/{charge.pk}/change/").content.decode()
    assert charge.payment_intent_id in page
    assert 'name="_save"' not in page
    assert support.post(f"/admin/{APP}/charge/{charge.pk}/delete/", {"post": "yes"}).status_code == 403


def test_those_who_may_not_see_payments_see_no_copies(mirrored: Paying, client: Client) -> None:
    other = person("other")
    User.objects.filter(pk=other.pk).update(is_staff=True)
    client.force_login(User.objects.get(pk=other.pk))
    assert client.get(f"/admin/{APP}/charge/").status_code == 403


def test_the_librarys_own_pages_are_gone() -> None:
    found: Iterator[Any] = (model for model in admin.site._registry if model._meta.app_label == APP)
    assert {model._meta.model_name for model in found} == set(TABLES)


def test_tables_are_those_of_the_librarys_models_that_are_installed() -> None:
    """A newer library with other columns needs a migration: the first one makes what its models say now."""
    for kind, columns in COLUMNS.items():
        model = apps.get_model(APP, kind)
        assert {field.attname for field in model._meta.concrete_fields} == EVERY | columns


def test_what_is_copied_decides_nothing(mirrored: Paying) -> None:
    top_up_id = mirrored.entries[0][0].removeprefix("topup:")
    rows("charge").update(stripe_data={"amount_refunded": 2_123, "refunded": True}, status="failed")
    assert top_up_converge(int(top_up_id), now=mirrored.now)
    assert (mirrored.balance, mirrored.adds_up()) == (2_000, True)

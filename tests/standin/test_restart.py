"""A sandbox outlives its process, in a file that does not grow for ever."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import httpx
import pytest

from billing.standin.sandbox import Sandbox, StripeRefusal, sandbox
from billing.standin.web import SandboxFile
from tests.support.standin import DAY, Clock, World
from tests.support.standin_server import serving


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "payments.sqlite3"
    with serving(path) as before:
        customer = before.api.customers.create({"email": "alice@example.com"}, {"idempotency_key": "one"})
        product = before.api.products.create({"name": "Team"})
        recurring: Any = {"interval": "month"}
        price = before.api.prices.create(
            {"product": product.id, "unit_amount": 2_000, "currency": "usd", "recurring": recurring}
        )
        before.api.payment_methods.attach("pm_card_visa", {"customer": customer.id})
        method = before.api.customers.payment_methods.list(customer.id).data[0].id
        items: Any = [{"price": price.id}]
        subscription = before.api.subscriptions.create(
            {"customer": customer.id, "items": items, "default_payment_method": method}
        )
        events = [event.id for event in before.api.events.list({"limit": 100}).data]
        shown = before.api.subscriptions.retrieve(subscription.id).to_dict()
    with serving(path) as after:
        assert after.api.subscriptions.retrieve(subscription.id).to_dict() == shown
        assert [event.id for event in after.api.events.list({"limit": 100}).data] == events
        again = after.api.customers.create({"email": "alice@example.com"}, {"idempotency_key": "one"})
        assert again.id == customer.id
        changes: Any = {"items": [{"id": shown["items"]["data"][0]["id"], "quantity": 2}]}
        after.api.subscriptions.update(subscription.id, changes)
        after.switch("advance", seconds=31 * DAY)
        assert after.api.subscription_items.list({"subscription": subscription.id}).data[0].quantity == 2
        assert (
            after.api.subscriptions.retrieve(subscription.id)["items"].data[0].current_period_start > customer.created
        )
        ids = {each.id for each in after.api.customers.list().data} | {after.api.customers.create({}).id}
        assert len(ids) == 2


def test_two_files_have_ids_that_do_not_follow_from_one_another(tmp_path: Path) -> None:
    files = [SandboxFile(tmp_path / name) for name in ("one", "two")]
    ids = {file.sandbox(Clock(), "").new_id("cus") for file in files}
    assert len(ids) == 2
    for file in files:
        file.close()


def test_a_file_that_is_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, and longer than the header of one" * 3)
    with pytest.raises(sqlite3.DatabaseError):
        SandboxFile(path)


def test_of_what_passes_the_newest_stays_and_the_rest_is_bounded(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sandbox.PASSING, "event", 5)
    monkeypatch.setattr(sandbox, "RECORDS", 12)
    file = SandboxFile(tmp_path / "payments")
    # Five events, seven other records: the settings and six customers.
    made = [customer_named(world.sandbox, str(number)) for number in range(6)]
    file.write(world.sandbox)
    with pytest.raises(StripeRefusal, match="full"):
        customer_named(world.sandbox, "one too many")
    world.sandbox.roll_back()
    file.write(world.sandbox)
    kept = file.sandbox(Clock(), "")
    assert [event["data"]["object"]["name"] for event in kept.every("event")] == [
        customer["name"] for customer in made[:-6:-1]
    ]
    assert sum(map(len, kept.records.values())) <= 12
    file.close()


def customer_named(kept: Sandbox, name: str) -> Any:
    customer = kept.add({"id": kept.new_id("cus"), "object": "customer", "name": name})
    kept.emit("customer.created", customer)
    return customer


def test_a_refused_request_changes_nothing(world: World) -> None:
    customer = world.customer()
    before = json.dumps([list(kept.values()) for kept in world.sandbox.records.values()][1:])
    done = world.send("POST", "/v1/customers", "email=bob@example.com&payment_method=pm_card_chargeDeclined")
    assert done.status == 402
    assert json.dumps([list(kept.values()) for kept in world.sandbox.records.values()][1:]) == before
    assert [each.id for each in world.api.customers.list().data] == [customer.id]


def test_bodies_are_bounded() -> None:
    with serving() as served, served.browser() as browser:
        assert browser.post("/v1/customers", content=b"a" * 200_000).status_code == 413
        assert browser.post("/v1/customers", content=b"\xff").status_code == 400
        with pytest.raises(httpx.HTTPStatusError):
            browser.get("/nothing").raise_for_status()

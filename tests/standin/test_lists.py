"""Reading: pages by cursor, filters, expand, search, what is deleted."""

from typing import Any

import pytest

from tests.support.standin import World, refused


def test_a_list_is_read_to_its_end_newest_first_without_a_gap(world: World) -> None:
    made = [world.api.customers.create({"email": f"p{number}@example.com"}).id for number in range(23)]
    read = [customer.id for customer in world.api.customers.list({"limit": 5}).auto_paging_iter()]
    assert read == made[::-1]


def test_events_are_followed_from_a_cursor(world: World) -> None:
    world.api.customers.create({})
    cursor = world.api.events.list({"limit": 1}).data[0].id
    assert world.api.events.list({"ending_before": cursor}).data == []
    for number in range(12):
        world.api.customers.create({"name": str(number)})
    page = world.api.events.list({"ending_before": cursor, "limit": 10})
    names = [event.data.object["name"] for event in page.data]
    assert (names, page.has_more) == ([str(number) for number in range(9, -1, -1)], True)


def test_events_are_filtered_by_kind_and_time(world: World) -> None:
    customer = world.customer()
    world.clock.now += 100
    world.charge_off_session(customer)
    assert {event.type for event in world.api.events.list({"type": "payment_intent.*"}).data} == {
        "payment_intent.created",
        "payment_intent.succeeded",
    }
    assert len(world.api.events.list({"types": ["charge.succeeded"]}).data) == 1
    assert len(world.api.events.list({"created": {"gte": world.clock.now}}).data) == 3


@pytest.mark.parametrize(
    ("given", "said"),
    [({"limit": 0}, "between 1 and 100"), ({"limit": 101}, "between 1 and 100"), ({"starting_after": "x"}, "No such")],
)
def test_a_page_that_is_none_is_refused(world: World, given: Any, said: str) -> None:
    with refused(said):
        world.api.customers.list(given)


def test_metadata_finds_what_it_was_put_on(world: World) -> None:
    for workspace in ("wrk_1", "wrk_2", "wrk_1"):
        world.api.customers.create({"metadata": {"workspace": workspace, "key": "value"}})
    found = world.api.customers.search({"query": "metadata['workspace']:'wrk_1'"})
    assert len(found.data) == 2
    assert world.api.customers.search({"query": "metadata['workspace']:'wrk_1' AND created>1999999999"}).data == []
    assert len(world.api.customers.search({"query": "-metadata[\"workspace\"]:'wrk_1'"}).data) == 1
    with refused("parse your search query"):
        world.api.customers.search({"query": "metadata['workspace'] is wrk_1"})


def test_metadata_is_merged_and_emptied(world: World) -> None:
    customer = world.api.customers.create({"metadata": {"a": "1", "b": "2"}})
    merged = world.api.customers.update(customer.id, {"metadata": {"a": "", "c": "3"}})
    assert merged.metadata.to_dict() == {"b": "2", "c": "3"}
    assert world.api.customers.update(customer.id, {"metadata": ""}).metadata.to_dict() == {}


def test_expand_leads_through_lists_and_refuses_what_is_nothing(world: World) -> None:
    world.charge_off_session(world.customer())
    charge: Any = world.api.charges.list({"expand": ["data.payment_intent.customer"]}).data[0]
    assert charge.payment_intent.customer.email == "alice@example.com"
    with refused("cannot be expanded"):
        world.api.charges.list({"expand": ["data.colour"]})


def test_a_deleted_customer_says_so_and_takes_nothing_more(world: World) -> None:
    customer = world.customer()
    world.api.customers.delete(customer.id)
    assert world.api.customers.retrieve(customer.id).deleted is True
    with refused("No such customer"):
        world.api.customers.update(customer.id, {"name": "x"})
    with refused("No such customer"):
        world.api.payment_intents.create({"amount": 100, "currency": "usd", "customer": customer.id})
    with refused("No such customer") as refusal:
        world.api.customers.retrieve("cus_nobody")
    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")


def test_codes_are_taken_once_and_end(world: World) -> None:
    coupon = world.api.coupons.create({"percent_off": 10, "duration": "once", "max_redemptions": 1})
    promotion: Any = {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "TEN"}
    world.api.promotion_codes.create(promotion)
    with refused("already exists"):
        world.api.promotion_codes.create({**promotion, "code": "ten"})
    assert len(world.api.promotion_codes.list({"coupon": coupon.id}).data) == 1
    discounts: Any = [{"coupon": coupon.id}]
    world.checkout(discounts=discounts)
    with refused("is expired"):
        world.checkout(discounts=discounts)


def test_the_same_acts_give_the_same_ids() -> None:
    ids = [[world.customer().id, world.checkout().id] for world in (World(), World())]
    assert ids[0] == ids[1]

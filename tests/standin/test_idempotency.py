"""A repeat gets the first answer; the same key for something else gets none."""

import pytest
import stripe

from tests.support.standin import DAY, World, declined

CREATE = "amount=2000&currency=usd"


def test_a_repeat_is_answered_the_same_and_says_so(world: World) -> None:
    customer = world.customer()
    first = world.charge_off_session(customer, idempotency_key="one")
    original = world.last.headers["request-id"]
    assert "idempotent-replayed" not in world.last.headers
    again = world.charge_off_session(customer, idempotency_key="one")
    assert again.id == first.id
    assert world.last.headers["idempotent-replayed"] == "true"
    assert world.last.headers["original-request"] == original
    assert len(world.api.charges.list().data) == 1


def test_another_body_under_the_key_is_refused(world: World) -> None:
    customer = world.customer()
    world.charge_off_session(customer, idempotency_key="one")
    with pytest.raises(stripe.IdempotencyError) as refusal:
        world.charge_off_session(customer, 3_000, idempotency_key="one")
    assert refusal.value.http_status == 400
    assert len(world.api.charges.list().data) == 1


def test_a_decline_is_kept_for_a_day(world: World) -> None:
    customer = world.customer("pm_card_chargeCustomerFail")
    for _ in range(2):
        with declined():
            world.charge_off_session(customer, idempotency_key="one")
        world.clock.now += DAY - 1
    assert len(world.api.charges.list().data) == 1
    with declined():
        world.charge_off_session(customer, idempotency_key="one")
    assert len(world.api.charges.list().data) == 2


def test_what_was_never_begun_is_not_kept(world: World) -> None:
    assert world.send("POST", "/v1/payment_intents", "amount=x&currency=usd", idempotency_key="one").status == 400
    done = world.send("POST", "/v1/payment_intents", CREATE, idempotency_key="one")
    assert (done.status, done.headers.get("idempotent-replayed")) == (200, None)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"authorization": ""}, 401),
        ({"authorization": "Bearer sk_test_other"}, 401),
        ({"stripe-version": "2020-08-27"}, 400),
        ({"content-type": "application/json"}, 400),
        ({"idempotency-key": "k" * 256}, 400),
    ],
)
def test_requests_of_strangers_and_of_other_versions_are_refused(
    world: World, headers: dict[str, str], status: int
) -> None:
    done = world.send("POST", "/v1/payment_intents", CREATE, **headers)
    assert done.status == status
    assert "error" in done.body
    assert world.api.payment_intents.list().data == []


def test_every_answer_has_an_id_of_its_own(world: World) -> None:
    ids = {world.send("GET", "/v1/customers").headers["request-id"] for _ in range(3)}
    assert len(ids) == 3


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/payouts"), ("DELETE", "/v1/charges/ch_1"), ("PUT", "/v1/events")]
)
def test_an_address_that_is_not_there_says_so(world: World, method: str, path: str) -> None:
    done = world.send(method, path)
    assert (done.status, "Unrecognized request URL" in done.body) == (404, True)

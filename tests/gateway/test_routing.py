"""Where a call for a model goes: who may use it, whose key is used, and who pays."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gateway.errors import ModelOff, ModelUnknown, ProviderMissing
from gateway.models import ModelPolicy
from gateway.sealed import credential_unseal
from gateway.selectors.routing import Route, models_for, route_for
from gateway.selectors.shelves import SHELF_SECONDS, Shelf, shelf_of, shelves_forget
from opencode.lib.caching import BoundedCache
from opencode.lib.clock import utc_now
from opencode.lib.sealing import SealBroken
from tests.cast import Cast
from tests.support.models import SECRET, add_credential, add_model

pytestmark = pytest.mark.django_db


def route(cast: Cast, slug: str = "claude-sonnet-5", *, role: str = "member", key_id: str = "") -> Route:
    return route_for(workspace_id=cast.alpha.pk, member_id=cast.carol.pk, key_id=key_id, role=role, model_slug=slug)


def decide(cast: Cast, **fields: object) -> None:
    """A policy of alpha for the model `claude-sonnet-5` of the host."""
    ModelPolicy.objects.create(workspace_id=cast.alpha.pk, model=fields.pop("model"), **fields)
    shelves_forget()


def test_route_names_key_address_and_payer(cast: Cast) -> None:
    add_model()
    key = add_credential(cast.alpha.pk, headers={"x-team": "alpha"}, concurrency=4)
    found = route(cast)
    (candidate,) = found.candidates
    assert (candidate.credential_id, candidate.secret, candidate.payer) == (key.pk, SECRET, "own")
    assert (candidate.base_url, candidate.upstream_model) == (key.base_url, "claude-sonnet-5-20260101")
    assert (candidate.headers, candidate.concurrency, candidate.forms) == ({"x-team": "alpha"}, 4, ("messages",))
    assert (found.model.price_name, found.output_cap, found.call_ceiling) == ("anthropic/claude-sonnet-5", None, None)


def test_secret_is_in_no_repr(cast: Cast) -> None:
    add_model()
    add_credential(cast.alpha.pk, headers={"x-team": "canary-of-a-header"})
    said = f"{route(cast)!r} {shelf_of(cast.alpha.pk)!r}"
    assert SECRET not in said
    assert "canary-of-a-header" not in said


def test_unknown_model_is_refused(cast: Cast) -> None:
    add_credential(cast.alpha.pk)
    with pytest.raises(ModelUnknown):
        route(cast)


def test_model_without_any_key_is_refused(cast: Cast) -> None:
    add_model()
    add_credential(cast.alpha.pk, kind="openai", forms=["chat"])
    add_credential(cast.gamma.pk)
    with pytest.raises(ProviderMissing):
        route(cast)


def test_own_keys_are_tried_in_their_order_and_the_hosts_only_without_any(cast: Cast) -> None:
    add_model()
    add_credential()
    assert [each.payer for each in route(cast).candidates] == ["host"]
    second = add_credential(cast.alpha.pk, position=2)
    first = add_credential(cast.alpha.pk, position=1)
    assert [each.credential_id for each in route(cast).candidates] == [first.pk, second.pk]


def test_policy_orders_keys_and_adds_the_hosts(cast: Cast) -> None:
    model = add_model()
    host = add_credential()
    first, second = add_credential(cast.alpha.pk), add_credential(cast.alpha.pk)
    foreign = add_credential(cast.gamma.pk)
    decide(cast, model=model, credentials=[second.pk, foreign.pk, "host", first.pk])
    assert [each.credential_id for each in route(cast).candidates] == [second.pk, host.pk, first.pk]


def test_key_that_is_off_is_not_tried(cast: Cast) -> None:
    add_model()
    add_credential(cast.alpha.pk, off_at=utc_now())
    with pytest.raises(ProviderMissing):
        route(cast)


def test_model_of_one_credential_uses_no_other(cast: Cast) -> None:
    add_credential(cast.alpha.pk, kind="compatible", forms=["chat"])
    lab = add_credential(cast.alpha.pk, kind="compatible", forms=["chat"], base_url="https://lab.example/v1")
    add_model(cast.alpha.pk, slug="qwen", kind="compatible", forms=["chat"], credential_id=lab.pk)
    assert [each.base_url for each in route(cast, "qwen").candidates] == ["https://lab.example/v1"]


def test_workspaces_own_model_hides_the_hosts(cast: Cast) -> None:
    add_model()
    add_model(cast.alpha.pk, upstream_name="ours")
    add_model(cast.gamma.pk, upstream_name="theirs")
    add_credential(cast.alpha.pk)
    assert route(cast).candidates[0].upstream_model == "ours"


@pytest.mark.parametrize(
    ("policy", "role", "key_id", "is_open"),
    [
        ({"is_on": False}, "owner", "", False),
        ({"roles": ["owner", "admin"]}, "admin", "", True),
        ({"roles": ["owner", "admin"]}, "member", "", False),
        ({"roles": ["owner"]}, "", "key_service", False),
        ({"roles": ["owner"], "keys": ["key_service"]}, "", "key_service", True),
        ({"roles": ["owner"], "keys": ["key_of_carol"]}, "member", "key_of_carol", False),
        ({"keys": ["key_1"]}, "member", "key_1", True),
        ({"keys": ["key_1"]}, "member", "key_2", False),
        ({"keys": ["key_1"]}, "member", "", True),
        ({}, "", "key_service", True),
    ],
)
def test_policy_says_for_whom_a_model_is(
    cast: Cast, policy: dict[str, object], role: str, key_id: str, is_open: bool
) -> None:
    model = add_model()
    add_credential(cast.alpha.pk)
    decide(cast, model=model, **policy)
    asked = {"workspace_id": cast.alpha.pk, "member_id": cast.carol.pk, "key_id": key_id, "role": role}
    assert bool(models_for(**asked)) is is_open


def test_model_that_is_off_is_refused(cast: Cast) -> None:
    model = add_model()
    add_credential(cast.alpha.pk)
    decide(cast, model=model, is_on=False)
    with pytest.raises(ModelOff):
        route(cast)


def test_policy_bounds_output_and_price_of_a_call(cast: Cast) -> None:
    model = add_model()
    add_credential(cast.alpha.pk)
    decide(cast, model=model, output_cap=4_000, call_ceiling=50_000_000)
    found = route(cast)
    assert (found.output_cap, found.call_ceiling) == (4_000, 50_000_000)


def test_second_call_asks_the_database_nothing(cast: Cast) -> None:
    add_model()
    add_credential(cast.alpha.pk)
    route(cast)
    with CaptureQueriesContext(connection) as asked:
        route(cast)
    assert len(asked) == 0


def test_change_holds_within_four_seconds(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    aging = BoundedCache[str, Shelf](10, seconds=SHELF_SECONDS, clock=lambda: now[0])
    monkeypatch.setattr("gateway.selectors.shelves._SHELVES", aging)
    model = add_model()
    add_credential(cast.alpha.pk)
    route(cast)
    ModelPolicy.objects.create(workspace_id=cast.alpha.pk, model=model, is_on=False)
    now[0] += 4
    with pytest.raises(ModelOff):
        route(cast)


def test_key_is_readable_in_its_own_row_alone(cast: Cast) -> None:
    row, other = add_credential(cast.alpha.pk), add_credential(cast.alpha.pk)
    assert SECRET not in row.secret
    with pytest.raises(SealBroken):
        credential_unseal(workspace_id=cast.alpha.pk, credential_id=other.pk, sealed=row.secret)
    with pytest.raises(SealBroken):
        credential_unseal(workspace_id=cast.gamma.pk, credential_id=row.pk, sealed=row.secret)


def test_row_with_a_key_of_another_is_left_out(cast: Cast) -> None:
    add_model()
    row, other = add_credential(cast.alpha.pk), add_credential(cast.alpha.pk)
    type(other).objects.filter(pk=other.pk).update(secret=row.secret)
    assert [each.credential_id for each in route(cast).candidates] == [row.pk]

"""`Idempotency-Key`: the same request twice acts once and is answered twice."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import User
from opencode.lib.clock import utc_now
from opencode.web.jsonapi import api_description
from tests.api.conftest import Program, code_of
from tests.cast import Cast
from tests.support.devices import device_of
from workspaces.models import APIKey, Membership, RepeatableCall, Role, Workspace
from workspaces.services import api_keys
from workspaces.services.repeats import KEPT_HOURS, repeatable_calls_purge

FromPage = Callable[[User], Program]
KEYS = "/workspaces/alpha/keys"
NEW = {"name": "laptop", "scopes": ["sync:read"], "expires_at": None}
KEY = "5c1a-first"


def test_repeat_gets_the_first_answer_with_its_secret_and_makes_nothing(cast: Cast, from_page: FromPage) -> None:
    page = from_page(cast.carol)
    first = page("POST", KEYS, NEW, Idempotency_Key=KEY)
    again = page("POST", KEYS, NEW, Idempotency_Key=KEY)
    assert (again.status_code, again.content) == (201, first.content)
    assert ("Idempotency-Replayed" in first, again["Idempotency-Replayed"]) == (False, "true")
    assert APIKey.objects.count() == 1


def test_database_alone_opens_no_kept_secret(cast: Cast, from_page: FromPage) -> None:
    made = from_page(cast.carol)("POST", KEYS, NEW, Idempotency_Key=KEY).json()
    kept = RepeatableCall.objects.get()
    stored = " ".join(str(value) for value in vars(kept).values())
    assert made["secret"] not in stored
    assert KEY not in stored
    assert "laptop" not in stored


@pytest.mark.parametrize("change", [{"name": "desktop"}, {"scopes": ["sync:write"]}])
def test_other_request_under_the_same_key_is_refused(
    cast: Cast, from_page: FromPage, change: dict[str, object]
) -> None:
    page = from_page(cast.carol)
    page("POST", KEYS, NEW, Idempotency_Key=KEY)
    refused = page("POST", KEYS, {**NEW, **change}, Idempotency_Key=KEY)
    assert code_of(refused) == (409, "idempotency_key_reused")
    assert APIKey.objects.count() == 1


def test_same_body_to_another_address_is_another_request(cast: Cast, from_page: FromPage) -> None:
    page = from_page(cast.carol)
    page("POST", "/workspaces", {"name": "x"}, Idempotency_Key=KEY)
    assert code_of(page("POST", KEYS, {"name": "x"}, Idempotency_Key=KEY))[0] in {409, 422}
    assert code_of(page("POST", KEYS, NEW, Idempotency_Key=KEY)) == (409, "idempotency_key_reused")


def test_an_agent_is_not_told_what_its_persons_page_was_answered(cast: Cast, from_page: FromPage) -> None:
    from_page(cast.carol)("POST", KEYS, NEW, Idempotency_Key=KEY)
    agent = Program(Client(), {"Authorization": f"Bearer {device_of(cast.carol).access}"})
    refused = agent("POST", KEYS, NEW, Idempotency_Key=KEY)
    assert code_of(refused) == (403, "person_needed")


def test_keys_of_two_people_do_not_meet(cast: Cast, from_page: FromPage) -> None:
    first = from_page(cast.carol)("POST", KEYS, NEW, Idempotency_Key=KEY).json()
    second = from_page(cast.bob)("POST", KEYS, NEW, Idempotency_Key=KEY).json()
    assert first["secret"] != second["secret"]


def test_refusal_is_not_kept(cast: Cast, from_page: FromPage, monkeypatch: pytest.MonkeyPatch) -> None:
    page = from_page(cast.carol)
    monkeypatch.setattr(api_keys, "LIVE_KEY_LIMIT", 0)
    assert code_of(page("POST", KEYS, NEW, Idempotency_Key=KEY)) == (409, "key_limit_reached")
    monkeypatch.setattr(api_keys, "LIVE_KEY_LIMIT", 500)
    assert page("POST", KEYS, NEW, Idempotency_Key=KEY).status_code == 201


def test_without_the_header_every_request_acts(cast: Cast, from_page: FromPage) -> None:
    page = from_page(cast.carol)
    assert page("POST", KEYS, NEW).json()["id"] != page("POST", KEYS, NEW).json()["id"]
    assert not RepeatableCall.objects.exists()


@pytest.mark.parametrize("key", ["", "two words", "x" * 201])
def test_header_out_of_form_is_refused(cast: Cast, from_page: FromPage, key: str) -> None:
    refused = from_page(cast.carol)("POST", "/workspaces", {"name": "x"}, Idempotency_Key=key)
    assert code_of(refused) == (422, "fields_invalid")
    assert not Workspace.objects.filter(name="x").exists()


def test_answers_are_forgotten_after_a_day(cast: Cast, from_page: FromPage) -> None:
    page = from_page(cast.carol)
    page("POST", KEYS, NEW, Idempotency_Key=KEY)
    now = utc_now()
    assert repeatable_calls_purge(now=now + timedelta(hours=KEPT_HOURS) - timedelta(minutes=1)) == 0
    assert repeatable_calls_purge(now=now + timedelta(hours=KEPT_HOURS, minutes=1)) == 1
    assert page("POST", KEYS, NEW, Idempotency_Key=KEY).status_code == 201
    assert APIKey.objects.count() == 2


def test_who_lost_the_right_since_is_not_told_the_kept_secret(cast: Cast, from_page: FromPage) -> None:
    page = from_page(cast.bob)
    service = {**NEW, "is_service_key": True}
    assert page("POST", KEYS, service, Idempotency_Key=KEY).status_code == 201
    Membership.objects.filter(user=cast.bob, workspace=cast.alpha).update(role=Role.MEMBER)
    assert code_of(page("POST", KEYS, service, Idempotency_Key=KEY)) == (403, "forbidden")
    Membership.objects.filter(user=cast.bob, workspace=cast.alpha).delete()
    assert code_of(page("POST", KEYS, service, Idempotency_Key=KEY)) == (404, "not_found")


def test_every_operation_that_repeats_asks_for_rights_before_it_tells_what_was_kept(
    cast: Cast, from_page: FromPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By an outsider, with the request that an insider sent: nothing is looked up for them."""

    def never(**_call: object) -> None:
        raise AssertionError("the kept answers were asked")

    monkeypatch.setattr("workspaces.calls.repeats.act_once", never)
    page = from_page(cast.charlie)
    paths = [path for path, item in api_description()["paths"].items() if "Idempotency-Key" in str(item.get("post"))]
    assert len(paths) == 6
    bodies = {
        "keys": NEW,
        "invitations": {"email": "x@example.com", "role": "member"},
        "rotations": {"overlap_hours": 0},
    }
    for path in [path for path in paths if "{workspace}" in path]:
        address = re.sub(r"\{[a-z_]+\}", "x1", path.replace("{workspace}", "alpha")).removeprefix("/api/v1")
        body = bodies.get(address.rpartition("/")[2], {})
        assert code_of(page("POST", address, body, Idempotency_Key=KEY)) == (404, "not_found"), path

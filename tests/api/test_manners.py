"""What every answer of the JSON API has: one shape of refusals, rates, tags, request ids."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from opencode.lib import ratelimits
from tests.api.conftest import MakeProgram, Program, code_of
from tests.cast import BROWSER, Cast

FromPage = Callable[[User], Program]


@pytest.mark.parametrize("path", ["/", "/nothing", "/me/", "/workspaces/alpha/nothing", "/workspaces/%00/keys"])
def test_unknown_address_is_refused_in_json_even_to_a_browser(stranger: Program, path: str) -> None:
    response = stranger("GET", path, **BROWSER)
    assert response.headers["Content-Type"] == "application/json"
    assert code_of(response)[1] in {"not_found", "credentials_missing"}


def test_wrong_method_is_refused_with_the_right_ones(stranger: Program) -> None:
    response = stranger("PUT", "/me")
    assert code_of(response) == (405, "method_not_allowed")
    assert response["Allow"] == "GET"


@pytest.mark.parametrize(
    ("body", "told"), [(b"{", 400), (b"\xff", 400), (b"[1]", 422), (b"", 422), (b"[" * 100_000, 400)]
)
def test_body_that_is_no_json_is_refused(cast: Cast, from_page: FromPage, body: bytes, told: int) -> None:
    assert code_of(from_page(cast.alice)("POST", "/workspaces", body))[0] == told


def test_body_that_is_too_large_is_refused(cast: Cast, from_page: FromPage) -> None:
    refused = from_page(cast.alice)("POST", "/workspaces", b" " * (2 * 1024 * 1024 + 1))
    assert code_of(refused) == (413, "body_too_large")


def test_refusal_carries_the_request_s_id(stranger: Program) -> None:
    response = stranger("GET", "/me")
    assert response.json()["error"]["request_id"] == response["X-Request-Id"]


def test_answer_that_did_not_change_is_not_sent_again(cast: Cast, with_key: MakeProgram) -> None:
    program = with_key(cast.alice, "workspace:read")
    etag = program("GET", "/workspaces/alpha")["ETag"]
    assert program("GET", "/workspaces/alpha", If_None_Match=etag).status_code == 304
    cast.alpha.name = "renamed"
    cast.alpha.save()
    assert program("GET", "/workspaces/alpha", If_None_Match=etag).status_code == 200


def test_private_answers_are_kept_by_no_shared_cache(cast: Cast, from_page: FromPage, stranger: Program) -> None:
    assert from_page(cast.alice)("GET", "/me")["Cache-Control"] == "private, no-cache"
    assert stranger("GET", "/me")["Cache-Control"] == "no-store"
    assert from_page(cast.alice)("POST", "/workspaces", {"name": "x"})["Cache-Control"] == "no-store"


def test_no_other_site_s_page_may_read_an_answer(cast: Cast, from_page: FromPage) -> None:
    response = from_page(cast.alice)("GET", "/me", Origin="https://evil.example")
    assert [name for name in response.headers if name.lower().startswith("access-control")] == []


def test_answers_say_how_many_more_may_follow(cast: Cast, with_key: MakeProgram, settings: Settings) -> None:
    settings.API_CALLER_REQUESTS_PER_MINUTE = 5
    program = with_key(cast.alice, "sync:read")
    program("GET", "/me")
    response = program("GET", "/me")
    assert response["RateLimit-Policy"] == '"caller";q=5;w=60'
    assert re.fullmatch(r'"caller";r=3;t=\d{1,2}', response["RateLimit"])


@time_machine.travel(1_800_000_015.0, tick=False)
def test_caller_who_goes_too_fast_is_told_when_to_come_back(
    cast: Cast, with_key: MakeProgram, from_page: FromPage, settings: Settings
) -> None:
    settings.API_CALLER_REQUESTS_PER_MINUTE = 2
    program = with_key(cast.alice, "sync:read")
    assert [program("GET", "/me").status_code for _ in range(3)] == [200, 200, 429]
    refused = program("GET", "/me")
    assert code_of(refused) == (429, "too_many_requests")
    told = refused.json()["error"]
    assert (told["limit"], told["used"], told["resets_at"]) == (2, 2, "2027-01-15T08:01:00Z")
    assert refused["Retry-After"] == "45"
    assert from_page(cast.alice)("GET", "/me").status_code == 200


def test_address_that_goes_too_fast_is_refused_before_its_key_is_looked_at(
    cast: Cast, with_key: MakeProgram, settings: Settings
) -> None:
    settings.API_ADDRESS_REQUESTS_PER_MINUTE = 2
    settings.TRUSTED_PROXIES = []
    program = with_key(cast.alice, "sync:read")
    answered = [program("GET", "/me", Authorization="Bearer nonsense").status_code for _ in range(3)]
    assert answered == [401, 401, 429]
    assert code_of(program("GET", "/me")) == (429, "too_many_requests")
    assert program("GET", "/me").json()["error"]["of"] == "address"


def test_a_network_of_ipv6_is_one_address(cast: Cast, with_key: MakeProgram, settings: Settings) -> None:
    settings.API_ADDRESS_REQUESTS_PER_MINUTE = 2
    settings.TRUSTED_PROXIES = []
    program = with_key(cast.alice, "sync:read")
    networks = [(1, 1), (1, 2), (1, 3), (2, 1)]
    hosts = [Client(REMOTE_ADDR=f"2001:db8:0:{network}::{host}") for network, host in networks]
    answered = [replace(program, client=host)("GET", "/me").status_code for host in hosts]
    assert answered == [200, 200, 429, 200]


def test_next_minute_counts_anew(cast: Cast, with_key: MakeProgram, settings: Settings) -> None:
    settings.API_CALLER_REQUESTS_PER_MINUTE = 1
    program = with_key(cast.alice, "sync:read")
    with time_machine.travel(1_800_000_059.0, tick=False):
        assert [program("GET", "/me").status_code for _ in range(2)] == [200, 429]
    with time_machine.travel(1_800_000_061.0, tick=False):
        assert program("GET", "/me").status_code == 200


def test_cache_that_does_not_answer_stops_nobody(
    cast: Cast, with_key: MakeProgram, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise ConnectionError

    settings.API_CALLER_REQUESTS_PER_MINUTE = 1
    monkeypatch.setattr(ratelimits.cache, "add", away)
    program = with_key(cast.alice, "sync:read")
    assert [program("GET", "/me").status_code for _ in range(3)] == [200, 200, 200]

"""The JSON API against its own description: generated requests, right and wrong, meet no crash and no surprise."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, settings
from pytest_django import Settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from tests.architecture.world import World, make_world
from tests.contract.openapi import described
from tests.support.devices import device_of

EXAMPLES = 300 if os.environ.get("OPENCODE_PROVE") else 3
CSRF = "c" * 32
# A description cannot say "in the future"; a cookie given by hand counts as made up, credentials have their own test.
NOT_HERE = [positive_data_acceptance, ignored_auth]

api = schemathesis.openapi.from_dict(described())
api.app = get_wsgi_application()
api.config.generation.with_security_parameters = False
bounded = settings(
    max_examples=EXAMPLES,
    derandomize=EXAMPLES < 100,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def world(db: None, settings: Settings) -> World:
    cache.clear()
    settings.API_CALLER_REQUESTS_PER_MINUTE = 1_000_000
    return make_world()


@pytest.fixture(autouse=True)
def _in_one_transaction(world: World) -> Iterator[None]:
    """Requests run inside the test's transaction, whose connection their end must not close."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def cookies(world: World) -> dict[str, str]:
    """What alice's browser has of the console."""
    client = Client()
    client.force_login(world.cast.alice)
    return {"opencode_session": client.cookies["opencode_session"].value, "opencode_csrf": CSRF}


@pytest.fixture
def agent(world: World) -> dict[str, str]:
    """What alice's signed-in agent sends."""
    return device_of(world.cast.alice).bearer


def in_alpha(case: Any, world: World) -> Any:
    """A case that is meant well, about things that are there."""
    there = {
        "workspace": "alpha",
        "session_id": world.names["session"],
        "share_id": world.names["share"],
        "key_id": world.names["carols_key"],
    }
    if case.meta.generation.mode is GenerationMode.POSITIVE:
        case.path_parameters = {name: there.get(name, value) for name, value in (case.path_parameters or {}).items()}
    return case


@api.parametrize()
@bounded
def test_operation_keeps_what_its_description_says(case: Any, world: World, cookies: dict[str, str]) -> None:
    in_alpha(case, world).call_and_validate(headers={"X-CSRFToken": CSRF}, cookies=cookies, excluded_checks=NOT_HERE)


@api.include(method="GET").parametrize()
@bounded
def test_credentials_are_really_needed(case: Any, world: World, agent: dict[str, str]) -> None:
    in_alpha(case, world).call_and_validate(headers=agent, checks=[ignored_auth, not_a_server_error])

"""The tenancy matrix, continued: every operation of the JSON API for everybody. One without a row fails here."""

import json
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from accounts.models import User
from opencode.lib.actor import SYSTEM, THE_CONSOLE, Actor
from opencode.web.jsonapi import api
from tests.architecture.tenancy_table import OPERATIONS, Operation
from tests.architecture.world import World, make_world
from tests.support.devices import device_of
from workspaces.models import Workspace
from workspaces.roles import SCOPES
from workspaces.services.api_keys import api_key_create
from workspaces.services.blocks import workspace_block

OPEN = {"api-root"}
"""Addresses of the framework's own: the root, where there is nothing."""
CLOSED = [row for row in OPERATIONS if row.people.startswith("401")]
OF_ALPHA = [row for row in OPERATIONS if "alpha" in row.path]


@pytest.fixture
def world(db: None, objects: Path) -> World:
    cache.clear()
    return make_world()


def operations() -> set[tuple[str, str, str]]:
    """Every operation there is: its id, method and path."""
    paths = api.get_openapi_schema()["paths"]
    return {(one["operationId"], method, path) for path, methods in paths.items() for method, one in methods.items()}


def page_of(user: User | None) -> Client:
    """A page of the console, as far as the API can tell; its CSRF token is the matter of tests/api."""
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def program(workspace: Workspace, user: User, *scopes: str) -> Client:
    """With a service key."""
    _, secret = api_key_create(
        workspace=workspace, created_by=user, name="k", scopes=scopes, is_service_key=True, actor=THE_CONSOLE
    )
    return Client(headers={"Authorization": f"Bearer {secret}"})


def people(world: World) -> list[Client]:
    cast = world.cast
    return [page_of(user) for user in (None, cast.charlie, cast.carol, cast.bob, cast.alice)]


def programs(world: World) -> list[Client]:
    cast = world.cast
    of_alpha = [program(cast.alpha, cast.alice, scope) for scope in SCOPES]
    return [program(cast.gamma, cast.charlie, *SCOPES), *of_alpha]


def statuses(callers: list[Client], world: World, operation: Operation) -> str:
    return " ".join(str(status(client, world, operation)) for client in callers)


def status(client: Client, world: World, operation: Operation) -> int:
    """What the caller is answered; whatever the request wrote, here and in their browser, is undone."""
    cache.clear()
    kept = SimpleCookie(client.cookies)
    path = f"/api/v1{operation.path.format(**world.names)}"
    body = "" if operation.body is None else json.dumps(operation.body)
    with transaction.atomic():
        response = client.generic(operation.method, path, body, content_type="application/json")
        transaction.set_rollback(True)
    client.cookies = kept
    return response.status_code


def otherwise(callers: list[Client], world: World, wanted: list[tuple[Operation, str]]) -> list[tuple[str, ...]]:
    """Where the callers get something else than `wanted`: method, path, got, wanted."""
    got = [(operation, statuses(callers, world, operation), words) for operation, words in wanted]
    return [(one.method, one.path, found, words) for one, found, words in got if found != words]


def test_every_operation_has_a_row() -> None:
    missing = {name for name, _, _ in operations()} - {row.id for row in OPERATIONS}
    assert not missing, f"no row in tests/architecture/tenancy_table.py for: {sorted(missing)}"


def test_every_row_of_an_operation_has_its_operation() -> None:
    known = {(name, method.upper()) for name, method, _ in operations()}
    assert {(row.id, row.method) for row in OPERATIONS} <= known


def test_every_operation_is_in_the_schema() -> None:
    """What the schema does not show, nobody could have a row for."""
    views = [view for router in api._get_bound_routers() for view in router.path_operations.values()]
    assert all(operation.include_in_schema for view in views for operation in view.operations)
    others = {pattern.name for pattern in api.urls[0] if not hasattr(pattern.callback, "csrf_exempt")}
    assert others == OPEN


def test_api_hides_no_address_of_the_agents() -> None:
    paths = {path for _, _, path in operations()}
    assert all(path.startswith("/api/v1/") for path in paths)


def test_operations_give_each_person_what_the_table_says(world: World) -> None:
    assert otherwise(people(world), world, [(row, row.people) for row in OPERATIONS]) == []


def test_operations_give_each_key_what_the_table_says(world: World) -> None:
    assert otherwise(programs(world), world, [(row, row.keys) for row in OPERATIONS]) == []


def test_suspended_person_and_their_keys_get_nothing(world: World) -> None:
    cast = world.cast
    _, secret = api_key_create(
        workspace=cast.alpha, created_by=cast.alice, name="k", scopes=list(SCOPES), actor=THE_CONSOLE
    )
    agent = Client(headers=device_of(cast.alice).bearer)
    callers = [page_of(cast.alice), Client(headers={"Authorization": f"Bearer {secret}"}), agent]
    User.objects.filter(pk=cast.alice.pk).update(is_active=False)
    assert otherwise(callers, world, [(row, "401 401 401") for row in CLOSED]) == []


def test_deleted_workspace_is_not_found_for_anybody(world: World) -> None:
    callers, keys, agent = people(world), programs(world), Client(headers=device_of(world.cast.alice).bearer)
    Workspace.objects.filter(pk=world.cast.alpha.pk).update(deleted_at="2026-01-01T00:00:00Z")
    assert otherwise([*callers, agent], world, [(row, "401 404 404 404 404 404") for row in OF_ALPHA]) == []
    assert otherwise(keys, world, [(row, "404" + " 401" * len(SCOPES)) for row in OF_ALPHA]) == []


def test_blocked_workspace_is_closed_to_everybody_who_belongs_there(world: World) -> None:
    callers, keys, agent = people(world), programs(world), Client(headers=device_of(world.cast.alice).bearer)
    workspace_block(workspace=world.cast.alpha, actor=Actor(SYSTEM, reason="a bill"))
    assert otherwise([*callers, agent], world, [(row, "401 404 403 403 403 403") for row in OF_ALPHA]) == []
    assert otherwise(keys, world, [(row, "404" + " 403" * len(SCOPES)) for row in OF_ALPHA]) == []

"""The tenancy matrix: every address, every role, and a foreign workspace. An address without a row fails here."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.core.cache import cache
from django.db import transaction
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import Settings

from accounts.models import User
from opencode.lib.clock import utc_now
from sync.agent_routes.paths import METHODS
from sync.routing import websocket_urlpatterns
from tests.architecture.tenancy_table import ADMIN_PREFIX, AGENT_CALLS, API_PREFIX, PAGES, SOCKETS, Page
from tests.architecture.world import World, make_world
from tests.cast import browser
from workspaces.models import Workspace

SIGN_IN = "/accounts/login/"
ROLES = ("anonymous", "outsider", "member", "admin", "owner")


def routes(resolver: URLResolver | None = None, before: str = "") -> Iterator[str]:
    """Every pattern of Django's part, its parts joined."""
    resolver = resolver or get_resolver()
    for part in resolver.url_patterns:
        route = before + str(part.pattern)
        yield from [route] if isinstance(part, URLPattern) else routes(part, route)


ADMIN_ROUTES = sorted({route for route in routes() if route.startswith(ADMIN_PREFIX)})


@pytest.fixture
def world(db: None, settings: Settings, tmp_path: Path) -> World:
    cache.clear()
    backend = {"BACKEND": "opencode.lib.storage.DurableFileSystemStorage", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "snapshots": backend}
    return make_world()


def browsers(world: World) -> list[Client]:
    cast = world.cast
    return [browser(user) for user in (None, cast.charlie, cast.carol, cast.bob, cast.alice)]


def word(client: Client, method: str, path: str) -> str:
    """What the person gets, in the table's words; whatever the request wrote is taken back."""
    with transaction.atomic():
        response = client.generic(method, path, content_type="application/x-www-form-urlencoded")
        transaction.set_rollback(True)
    async_to_sync(read_to_the_end)(response)
    location = response.get("Location", "")
    if location.startswith((SIGN_IN, "/admin/")):
        return "login"
    return "home" if location.startswith("/") else str(response.status_code)


async def read_to_the_end(response: HttpResponseBase) -> None:
    """So that a streamed body closes its file."""
    if isinstance(response, StreamingHttpResponse) and response.is_async:
        async for _ in response:
            pass


def test_every_page_has_a_row() -> None:
    elsewhere = (ADMIN_PREFIX, API_PREFIX)
    missing = {route for route in routes() if not route.startswith(elsewhere)} - {page.route for page in PAGES}
    assert not missing, f"no row in tests/architecture/tenancy_table.py for: {sorted(missing)}"


def test_every_row_of_a_page_has_its_page() -> None:
    assert {page.route for page in PAGES} <= set(routes())


def test_every_agent_route_has_a_row() -> None:
    assert {call.route for call in AGENT_CALLS} == set(METHODS)


def test_every_socket_has_a_row() -> None:
    assert {socket.route for socket in SOCKETS} == {str(pattern.pattern) for pattern in websocket_urlpatterns}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_page_gives_each_role_what_the_table_says(world: World, page: Page) -> None:
    path = page.path.format(**world.names)
    people = browsers(world)
    got = {method: " ".join(word(client, method, path) for client in people) for method in ("GET", "POST")}
    assert got == {"GET": page.get, "POST": page.post}, f"{path} for {', '.join(ROLES)}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_people_without_a_workspace_in_common_get_the_same_for_real_and_for_made_up_names(
    world: World, page: Page
) -> None:
    """What charlie gets for alpha's things is what he gets for things that do not exist."""
    charlie = browser(world.cast.charlie)
    real = page.path.format(**world.names)
    made_up = page.path.replace("alpha", "nowhere").format(**world.names)
    assert word(charlie, "GET", real) == word(charlie, "GET", made_up)


def words(clients: list[Client], world: World, page: Page) -> list[str]:
    path = page.path.format(**world.names)
    return [word(client, method, path) for client in clients for method in ("GET", "POST")]


def test_suspended_person_gets_what_strangers_get_everywhere(world: World) -> None:
    """Whoever was signed in as an owner a moment ago."""
    stranger, suspended = browser(), browser(world.cast.alice)
    User.objects.filter(pk=world.cast.alice.pk).update(is_active=False)
    got = {page.path: (words([suspended], world, page), words([stranger], world, page)) for page in PAGES}
    assert {path: both for path, both in got.items() if both[0] != both[1]} == {}


def test_everything_of_a_deleted_workspace_is_not_found_for_everybody(world: World) -> None:
    """But for the page that takes the deletion back."""
    people = browsers(world)
    Workspace.objects.filter(pk=world.cast.alpha.pk).update(deleted_at=utc_now())
    of_alpha = [page for page in PAGES if "/workspaces/alpha/" in page.path or "{share}" in page.path]
    got = {page.path: set(words(people, world, page)) for page in of_alpha if not page.route.endswith("/restore/")}
    assert len(got) > 50
    assert {path: found for path, found in got.items() if not found <= {"404", "405", "login"}} == {}


def test_admin_is_closed_to_everybody_who_is_not_staff(world: World) -> None:
    people = browsers(world)
    paths = ["/" + re.sub(r"<[^>]*>|\^?\(\?P<[^)]*\)", "1", route).replace("$", "") for route in ADMIN_ROUTES]
    got = {path: {word(client, method, path) for client in people for method in ("GET", "POST")} for path in paths}
    open_paths = {path: words for path, words in got.items() if not words <= {"login", "403", "404", "405"}}
    assert len(paths) > 50
    assert open_paths == {}

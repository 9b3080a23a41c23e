"""The tenancy matrix: every address, every role, and a foreign workspace. An address without a row fails here."""

import re
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.core.cache import cache
from django.db import transaction
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import User
from opencode.lib.actor import SYSTEM, Actor
from opencode.lib.clock import utc_now
from steering.doors.routing import bridge_urlpatterns
from sync.agents.paths import METHODS
from sync.doors.routing import websocket_urlpatterns
from tests.architecture.tenancy_table import (
    ADMIN_PREFIX,
    AGENT_CALLS,
    API_PREFIX,
    PAGES,
    PAGES_BY_AREA,
    SOCKETS,
    Page,
)
from tests.architecture.world import World, make_world
from tests.cast import browser
from workspaces.models import Workspace
from workspaces.services.blocks import workspace_block

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
def world(db: None, objects: Path) -> World:
    cache.clear()
    return make_world()


def browsers(world: World) -> list[Client]:
    cast = world.cast
    return [browser(user) for user in (None, cast.charlie, cast.carol, cast.bob, cast.alice)]


def word(client: Client, method: str, path: str) -> str:
    """What the person gets, in the table's words; whatever the request wrote, here and in their browser, is undone."""
    cache.clear()
    kept = SimpleCookie(client.cookies)
    with transaction.atomic():
        response = client.generic(method, path, content_type="application/x-www-form-urlencoded")
        transaction.set_rollback(True)
    client.cookies = kept
    read_to_the_end(response)
    location = response.get("Location", "")
    if location.startswith((SIGN_IN, "/admin/")):
        return "login"
    return "home" if location.startswith("/") else str(response.status_code)


def read_to_the_end(response: HttpResponseBase) -> None:
    """So that a streamed body closes its file."""
    if isinstance(response, StreamingHttpResponse):
        async_to_sync(_read)(response)


async def _read(response: StreamingHttpResponse) -> None:
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
    assert {socket.route for socket in SOCKETS} == {
        str(pattern.pattern) for pattern in (*bridge_urlpatterns, *websocket_urlpatterns)
    }


@pytest.mark.parametrize("area", PAGES_BY_AREA)
def test_pages_give_each_role_what_the_table_says(world: World, area: str) -> None:
    people = browsers(world)
    got = [
        (page, {method: row(people, method, page, world) for method in ("GET", "POST")}) for page in PAGES_BY_AREA[area]
    ]
    wrong = {page.path: words for page, words in got if words != {"GET": page.get, "POST": page.post}}
    assert wrong == {}, f"the table says otherwise for {', '.join(ROLES)}"


def row(people: list[Client], method: str, page: Page, world: World) -> str:
    path = page.path.format(**world.names)
    return " ".join(word(client, method, path) for client in people)


def test_people_without_a_workspace_in_common_get_the_same_for_real_and_for_made_up_names(world: World) -> None:
    """What charlie gets for alpha's things is what he gets for things that do not exist."""
    charlie = browser(world.cast.charlie)
    paths = {page.path.format(**world.names) for page in PAGES if "alpha" in page.path}
    made_up = {path: path.replace("alpha", "nowhere") for path in paths}
    assert len(paths) > 40
    got = {path: (word(charlie, "GET", path), word(charlie, "GET", made_up[path])) for path in paths}
    assert {path: both for path, both in got.items() if both[0] != both[1]} == {}


def words(clients: list[Client], world: World, page: Page) -> list[str]:
    path = page.path.format(**world.names)
    return [word(client, method, path) for client in clients for method in ("GET", "POST")]


def test_suspended_person_gets_what_strangers_get_everywhere(world: World) -> None:
    """Whoever was signed in as an owner a moment ago."""
    stranger, suspended = browser(), browser(world.cast.alice)
    User.objects.filter(pk=world.cast.alice.pk).update(is_active=False)
    got = {page.path: (words([suspended], world, page), words([stranger], world, page)) for page in PAGES}
    assert {path: both for path, both in got.items() if both[0] != both[1]} == {}


def of_alpha() -> list[Page]:
    return [page for page in PAGES if "/workspaces/alpha/" in page.path or "{share}" in page.path]


def test_everything_of_a_deleted_workspace_is_not_found_for_everybody(world: World) -> None:
    """But for the page that takes the deletion back."""
    people = browsers(world)
    Workspace.objects.filter(pk=world.cast.alpha.pk).update(deleted_at=utc_now())
    pages = [page for page in of_alpha() if not page.route.endswith("/restore/")]
    got = {page.path: set(words(people, world, page)) for page in pages}
    assert len(got) > 50
    assert {path: found for path, found in got.items() if not found <= {"404", "405", "login"}} == {}


def test_everything_of_a_blocked_workspace_is_closed_to_everybody(world: World) -> None:
    """Its people are told why; strangers learn no more than before."""
    strangers, members = browsers(world)[:2], browsers(world)[2:]
    workspace_block(workspace=world.cast.alpha, actor=Actor(SYSTEM, reason="a bill"))
    got = {page.path: (set(words(strangers, world, page)), set(words(members, world, page))) for page in of_alpha()}
    assert len(got) > 50
    assert {path: both for path, both in got.items() if not both[0] <= {"404", "405", "login"}} == {}
    assert {path: both for path, both in got.items() if not both[1] <= {"403", "404", "405"}} == {}
    untold = {path for path, both in got.items() if "/workspaces/alpha/" in path and "403" not in both[1]}
    assert untold == {"/workspaces/alpha/restore/"}


def test_admin_is_closed_to_everybody_who_is_not_staff(world: World) -> None:
    people = browsers(world)
    paths = ["/" + re.sub(r"<[^>]*>|\^?\(\?P<[^)]*\)", "1", route).replace("$", "") for route in ADMIN_ROUTES]
    got = {path: {word(client, method, path) for client in people for method in ("GET", "POST")} for path in paths}
    open_paths = {path: words for path, words in got.items() if not words <= {"login", "403", "404", "405"}}
    assert len(paths) > 50
    assert open_paths == {}

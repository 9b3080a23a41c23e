"""What a stranger on the network tries first: caches, other hosts, redirects to elsewhere, foreign pages."""

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from tests.architecture.tenancy_table import PAGES
from tests.architecture.test_tenancy import read_to_the_end
from tests.architecture.world import make_world
from tests.cast import PASSWORD, browser, person

pytestmark = pytest.mark.django_db
NOWHERE_ELSE = {
    "Content-Security-Policy",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Permissions-Policy",
    "Referrer-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
}
TO_KEEP = "/agent/bridge-"
"""A file of ours with its version in its name, the same for everybody."""
ELSEWHERE = [
    "https://evil.example/",
    "//evil.example",
    "///evil.example",
    "http:///evil.example",
    "/\\evil.example",
    "\t//evil.example",
    "javascript:alert(1)",
]
OTHER_HOSTS = ["evil.example", "evil.example:80", "127.0.0.1@evil.example", "127.0.0.1, evil.example", ""]


def test_no_page_may_be_kept_by_a_shared_cache_or_shown_in_a_frame() -> None:
    cache.clear()
    world = make_world()
    kept, bare = {}, {}
    for page in PAGES:
        path = page.path.format(**world.names)
        for client in (browser(), browser(world.cast.alice)):
            response = client.get(path)
            kept[path] = {"private", "no-store"} & set(response["Cache-Control"].replace(",", " ").split())
            bare[path] = NOWHERE_ELSE - set(response.headers)
            read_to_the_end(response)
    assert [path for path, words in kept.items() if not words and not path.startswith(TO_KEEP)] == []
    assert {path: missing for path, missing in bare.items() if missing} == {}


def test_no_script_reads_a_cookie_that_opens_or_confirms_anything() -> None:
    client, alice = browser(), person("alice")
    client.get("/accounts/login/")
    client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    cookies = {name: cookie["httponly"] for name, cookie in client.cookies.items()}
    assert cookies == {settings.CSRF_COOKIE_NAME: True, settings.SESSION_COOKIE_NAME: True}


@pytest.mark.parametrize("target", ELSEWHERE)
def test_sign_in_leads_to_no_other_site(target: str) -> None:
    alice = person("alice")
    fields = {"login": alice.email, "password": PASSWORD, "next": target}
    response = browser().post("/accounts/login/", fields)
    assert (response.status_code, response["Location"]) == (302, "/")


@pytest.mark.parametrize("host", OTHER_HOSTS)
def test_other_host_names_are_refused(host: str) -> None:
    assert Client(headers={"Host": host}).get("/accounts/login/").status_code == 400


def test_forwarded_host_is_not_believed() -> None:
    response = browser().get("/accounts/login/", headers={"X-Forwarded-Host": "evil.example"})
    assert response.status_code == 200
    assert "evil.example" not in response.content.decode()


def test_request_id_is_ours_whatever_the_client_sends() -> None:
    response = browser().get("/healthz", headers={"X-Request-Id": "req_forged\nx"})
    assert response["X-Request-Id"].startswith("req_0")


def test_path_with_a_line_break_makes_no_header() -> None:
    response = browser().get("/workspaces/alpha%0d%0aSet-Cookie:%20x=1/keys/")
    assert response.status_code == 404
    assert "x" not in response.cookies

"""Which addresses belong to the agents, and what each means."""

import pytest

from sync.agents.paths import METHODS, Route, is_agent_path, route_of


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/api/share", Route("create")),
        ("/api/share/", Route("create")),
        ("//api/share", Route("create")),
        ("/api/share/abc/sync", Route("sync", share_id="abc")),
        ("/api/share/abc/sync/", Route("sync", share_id="abc")),
        ("/api/share/abc/data", Route("data", share_id="abc")),
        ("/api/share/abc", Route("share", share_id="abc")),
        ("/w/tok/api/share/abc", Route("share", "tok", "abc")),
        ("/w/tok/api/share", Route("create", "tok")),
        ("/w/tok/share_poll", Route("share_poll", "tok")),
        ("/api/shares", Route("create", is_account=True)),
        ("/api/shares/abc", Route("share", share_id="abc", is_account=True)),
        ("/api/shares/abc/sync", Route("sync", share_id="abc", is_account=True)),
        ("/w/tok/api/shares", None),
        ("/share_data", Route("share_data")),
        ("/share_delete_admin", Route("share_delete_admin")),
        ("/api/share/abc/other", None),
        ("/api/share/abc/sync/more", None),
        ("/w", None),
        ("/w/tok", None),
        ("/w/tok/w/tok/api/share", None),
        ("/share_create/more", None),
    ],
)
def test_an_agents_address_means_one_thing(path: str, route: Route | None) -> None:
    assert route_of(path) == route
    assert is_agent_path(path)


@pytest.mark.parametrize(
    "path", ["/", "", "/api/user", "/api", "/share/abc", "/s/abc", "/api/sharex", "/workspaces/w", "/share"]
)
def test_other_addresses_are_left_to_the_pages(path: str) -> None:
    assert not is_agent_path(path)
    assert route_of(path) is None


def test_every_route_has_a_method() -> None:
    assert all(METHODS.values())

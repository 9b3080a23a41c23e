"""The palette: what it finds, for whom, and at what cost."""

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from opencode.lib.actor import THE_CONSOLE
from opencode.web.navigation import ENTRIES
from opencode.web.palette import ACTS, LOOKED_AT, SHOWN, found
from sync.models import Session
from tests.cast import Cast, SignIn
from workspaces.access import workspace_access
from workspaces.models import Workspace
from workspaces.services.api_keys import api_key_create

pytestmark = pytest.mark.django_db
FIND = "/workspaces/alpha/find"


def labels(user: User, search: str) -> dict[str, list[str]]:
    return {kind: [item.label for item in items] for kind, items in found(workspace_access(user, "alpha"), search)}


def session(workspace: Workspace, title: str) -> Session:
    number = Session.objects.count()
    return Session.objects.create(client_id=f"ses_{number}", title=title, workspace=workspace, owner_key=workspace.pk)


def test_every_kind_is_found_by_any_of_its_words(cast: Cast) -> None:
    session(cast.alpha, "Fix the Upload of large files")
    session(cast.gamma, "Fix the upload elsewhere")
    api_key_create(workspace=cast.alpha, created_by=cast.bob, name="Upload bot", scopes=[], actor=THE_CONSOLE)
    assert labels(cast.alice, "upload") == {"Sessions": ["Fix the Upload of large files"], "Keys": ["Upload bot"]}
    assert labels(cast.alice, "large fix") == {"Sessions": ["Fix the Upload of large files"]}
    assert labels(cast.alice, "carol@") == {"People": ["Carol"]}
    assert labels(cast.alice, "charlie") == {}
    assert labels(cast.alice, "audit") == {"Pages": ["Audit"]}
    assert labels(cast.alice, "ses_0") == {"Sessions": ["Fix the Upload of large files"]}
    assert labels(cast.alice, "key")["Acts"] == ["Create an API key", "Add a provider key", "Check a leaked key"]


def test_nobody_is_led_where_their_role_may_not_go(cast: Cast, sign_in: SignIn) -> None:
    api_key_create(workspace=cast.alpha, created_by=cast.bob, name="bobs", scopes=[], actor=THE_CONSOLE)
    assert labels(cast.carol, "bobs") == {}
    assert "Audit" not in labels(cast.carol, "")["Pages"]
    assert labels(cast.carol, "invite") == {}
    for user in (cast.carol, cast.alice):
        client, access = sign_in(user), workspace_access(user, "alpha")
        words = ["", *(act.label for act in ACTS), *(entry.label for entry in ENTRIES), "alice", "bob"]
        urls = {item.url for word in words for _, items in found(access, word) for item in items}
        refused = {url for url in urls if client.get(url).status_code not in {200, 302}}
        assert len(urls) >= 10
        assert refused == set()


def test_search_costs_three_statements_whatever_there_is(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    rows = [
        Session(client_id=f"ses_{number}", title=f"title {number}", workspace=cast.alpha, owner_key=cast.alpha.pk)
        for number in range(LOOKED_AT + 50)
    ]
    Session.objects.bulk_create(rows)
    access = workspace_access(cast.alice, "alpha")
    with django_assert_num_queries(3):
        (sessions,) = (items for kind, items in found(access, "title") if kind == "Sessions")
    assert len(sessions) == SHOWN


def test_script_gets_the_list_alone_and_others_a_page(cast: Cast, sign_in: SignIn) -> None:
    session(cast.alpha, "<img src=x>")
    client = sign_in(cast.carol)
    part = client.get(FIND, {"q": "img"}, headers={"X-Palette": "1"}).content.decode()
    assert part.startswith('<div role="group"')
    assert "&lt;img src=x&gt;" in part
    page = client.get(FIND, {"q": "img"}).content.decode()
    assert "<html" in page
    assert 'value="img"' in page
    assert "<img" not in page + part
    assert "Nothing is called" in client.get(FIND, {"q": "zeppelin"}).content.decode()


def test_every_letter_leads_to_one_page() -> None:
    keys = [entry.key for entry in ENTRIES if entry.key] + ["d"]
    assert len(keys) == len(set(keys))
    assert set(keys) & {"g", "j", "/", "?"} == set()

"""What a signed-in agent asks at its start."""

import logging

import pytest
from django.test import Client

from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from tests.cast import Cast, browser
from tests.support.devices import device_of
from workspaces.models import Workspace
from workspaces.services.memberships import membership_add
from workspaces.services.workspaces import workspace_create

pytestmark = pytest.mark.django_db

PATHS = ["/api/user", "/api/orgs"]


@pytest.mark.parametrize("path", PATHS)
def test_nobody_is_asked_for_a_token_in_json_even_as_a_browser(cast: Cast, path: str) -> None:
    response = browser(cast.carol).get(path)
    assert (response.status_code, response.json()["error"]["code"]) == (401, "credentials_missing")


@pytest.mark.parametrize("path", PATHS)
def test_wrong_token_is_refused(db: None, path: str) -> None:
    response = Client(headers={"Authorization": "Bearer oc_dev_guess"}).get(path)
    assert (response.status_code, response.json()["error"]["code"]) == (401, "credentials_invalid")


@pytest.mark.parametrize("path", PATHS)
def test_answers_are_kept_by_nobody(cast: Cast, path: str) -> None:
    assert Client(headers=device_of(cast.carol).bearer).get(path)["Cache-Control"] == "no-store"


def test_orgs_are_the_living_workspaces_of_the_person(cast: Cast) -> None:
    gone = workspace_create(owner=cast.carol, name="gone", actor=THE_CONSOLE)
    Workspace.objects.filter(pk=gone.pk).update(deleted_at=utc_now())
    membership_add(workspace=cast.gamma, user=cast.carol, role="member", actor=THE_CONSOLE)
    orgs = Client(headers=device_of(cast.carol).bearer).get("/api/orgs").json()
    assert orgs == [{"id": cast.alpha.pk, "name": "alpha"}, {"id": cast.gamma.pk, "name": "gamma"}]


def test_absent_configuration_is_no_news_to_an_operator(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    client = Client(headers={**device_of(cast.carol).bearer, "X-Org-Id": cast.alpha.pk})
    with caplog.at_level(logging.WARNING, logger="django.request"):
        assert client.get("/api/config").status_code == 404
        assert client.get("/api/nothing").status_code == 404
    assert [record.getMessage() for record in caplog.records] == ["Not Found: /api/nothing"]

"""The managed configuration through the JSON API: read, saved, refused as on its page, with its history."""

from collections.abc import Callable

import pytest

from accounts.models import User
from tests.api.conftest import Program, code_of
from tests.cast import Cast
from tests.support.audit import last_audited
from workspaces.models import ConfigVersion
from workspaces.selectors.configurations import config_in_force

FromPage = Callable[[User], Program]
CONFIGURATION = "/workspaces/alpha/configuration"
SHARE = '{"share": "auto"}'


def saved(page: Program, text: str, based_on: int, note: str = "") -> int:
    response = page("PUT", CONFIGURATION, {"text": text, "based_on": based_on, "note": note})
    assert response.status_code == 200, response.content
    number: int = response.json()["number"]
    return number


def test_none_is_not_found_and_the_first_is_in_force(cast: Cast, from_page: FromPage) -> None:
    page = from_page(cast.bob)
    assert code_of(page("GET", CONFIGURATION)) == (404, "not_found")
    assert saved(page, SHARE, 0, "let agents share") == 1
    shown = from_page(cast.carol).get(CONFIGURATION)
    assert (shown["text"].strip(), shown["note"], shown["saved_by_id"]) == (SHARE, "let agents share", cast.bob.pk)
    assert last_audited(cast.alpha)["actor"] == ("person", cast.bob.pk)


def test_text_made_from_an_older_version_is_refused(cast: Cast, from_page: FromPage) -> None:
    page = from_page(cast.bob)
    saved(page, SHARE, 0)
    assert code_of(page("PUT", CONFIGURATION, {"text": "{}", "based_on": 0})) == (409, "config_changed")
    present = config_in_force(cast.alpha.pk)
    assert present is not None
    assert present.number == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("no JSON", "config_not_json"),
        ('{"share": 1}', "config_shape"),
        ('{"instructions": ["{file:/etc/passwd}"]}', "config_file_reference"),
        ('{"username": "\ud800"}', "config_not_json"),
    ],
)
def test_text_that_the_page_refuses_is_refused_here(cast: Cast, from_page: FromPage, text: str, code: str) -> None:
    refused = from_page(cast.bob)("PUT", CONFIGURATION, {"text": text, "based_on": 0})
    assert code_of(refused) == (422, code)
    assert not ConfigVersion.objects.exists()


def test_history_is_walked_and_each_version_has_its_text(cast: Cast, from_page: FromPage) -> None:
    page = from_page(cast.bob)
    for number, text in enumerate((SHARE, "{}", "")):
        saved(page, text, number)
    first = page.get(f"{CONFIGURATION}/versions?limit=2")
    second = page.get(CONFIGURATION + first["next"].partition("/configuration")[2])
    assert [version["number"] for version in first["items"] + second["items"]] == [3, 2, 1]
    assert second["next"] is None
    assert "text" not in first["items"][0]
    assert page.get(f"{CONFIGURATION}/versions/1")["text"].strip() == SHARE
    assert page.get(CONFIGURATION)["text"] == ""


@pytest.mark.parametrize("path", ["/versions/4", "/versions?after=x", "/versions/0", "/versions/99999999999999999999"])
def test_version_that_is_none_is_refused(cast: Cast, from_page: FromPage, path: str) -> None:
    assert code_of(from_page(cast.bob)("GET", CONFIGURATION + path))[0] in {404, 422}

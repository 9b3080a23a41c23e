"""The form of a configuration's usual settings: same checks, same versions and same history as the JSON."""

import json

import pytest
from django.test import Client

from tests.cast import Cast, SignIn, acting
from workspaces.models import AuditEntry, ConfigVersion
from workspaces.services.configurations import config_save

pytestmark = pytest.mark.django_db
FORM = "/workspaces/alpha/configuration/common/"
SETTINGS = {"model": "acme/one", "share": "auto", "permission_bash": "ask", "instructions": "docs/a.md\n\n docs/b.md "}


def save(cast: Cast, config: object, based_on: int = 0) -> None:
    config_save(
        workspace=cast.alpha,
        user=cast.alice,
        text=json.dumps(config),
        note="",
        based_on=based_on,
        actor=acting(cast.alice),
    )


@pytest.fixture
def admin(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.bob)


def test_form_makes_a_version_with_all_else_kept(cast: Cast, admin: Client) -> None:
    save(cast, {"theme": "dark", "permission": {"edit": {"*.md": "allow"}}})
    page = admin.get(FORM).content.decode()
    assert "As written in the JSON" in page
    assert admin.post(FORM, {**SETTINGS, "based_on": "1"}).status_code == 302
    version = ConfigVersion.objects.get(number=2)
    assert json.loads(version.text) == {
        "theme": "dark",
        "model": "acme/one",
        "share": "auto",
        "permission": {"edit": {"*.md": "allow"}, "bash": "ask"},
        "instructions": ["docs/a.md", "docs/b.md"],
    }
    assert (version.created_by, "form" in version.note) == (cast.bob, True)
    assert AuditEntry.objects.filter(action="config.save", target_id=version.pk).exists()
    shown = admin.get(FORM).content.decode()
    assert ['value="acme/one"' in shown, "docs/a.md\ndocs/b.md" in shown] == [True, True]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"model": "one"}, "must read provider/model"),
        ({"share": "everything"}, "Select a valid choice"),
        ({"permission_bash": "sometimes"}, "Select a valid choice"),
        ({"instructions": "{file:~/.ssh/id_rsa}"}, "file"),
    ],
)
def test_what_the_json_would_refuse_is_refused_here_and_kept(
    cast: Cast, admin: Client, typed: dict[str, str], said: str
) -> None:
    answer = admin.post(FORM, {**SETTINGS, **typed, "based_on": "0"})
    page = answer.content.decode()
    assert (answer.status_code, said in page, "docs/b.md" in page or "{file" in page) == (422, True, True)
    assert not ConfigVersion.objects.exists()


def test_version_saved_meanwhile_is_not_overwritten(cast: Cast, admin: Client) -> None:
    save(cast, {"theme": "dark"})
    answer = admin.post(FORM, {**SETTINGS, "based_on": "0"})
    assert (answer.status_code, "Someone else saved another version" in answer.content.decode()) == (422, True)
    assert ConfigVersion.objects.count() == 1


def test_members_see_no_form(cast: Cast, sign_in: SignIn) -> None:
    carol = sign_in(cast.carol)
    assert carol.get(FORM).status_code == 403
    assert "Common settings" not in carol.get("/workspaces/alpha/configuration/").content.decode()

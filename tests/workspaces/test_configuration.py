"""The managed configuration: saved by admins, read by members, served to signed-in agents."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from tests.cast import Cast, SignIn
from tests.support.audit import last_audited
from tests.support.devices import device_of
from workspaces.errors import ConfigChanged, ConfigSecretLiteral
from workspaces.models import ConfigVersion, Workspace
from workspaces.services.configurations import config_restore, config_save

pytestmark = pytest.mark.django_db

PAGE = "/workspaces/alpha/configuration/"
FIRST = '{\n  "share": "auto"\n}\n'
SECOND = '{\n  "share": "manual",\n  "username": "team"\n}\n'


def save(cast: Cast, text: str, based_on: int = 0, note: str = "") -> ConfigVersion:
    return config_save(workspace=cast.alpha, user=cast.bob, text=text, note=note, based_on=based_on, actor=THE_CONSOLE)


def post(browser: Client, text: str, *, based_on: int = 0, action: str = "save", note: str = "") -> Any:
    return browser.post(PAGE, {"text": text, "based_on": based_on, "action": action, "note": note})


def ask(cast: Cast, org: str = "", **headers: str) -> HttpResponse:
    """Carol's agent asks for its configuration."""
    held = device_of(cast.carol)
    client = Client(headers={**held.bearer, "X-Org-Id": org or cast.alpha.pk, **headers})
    return client.get("/api/config")  # type: ignore[return-value]


# --- saving


def test_admin_saves_and_it_is_in_force_with_who_and_why(cast: Cast, sign_in: SignIn) -> None:
    page = post(sign_in(cast.bob), FIRST.replace("\n", "\r\n"), note="share by default")
    assert (page.status_code, page["Location"]) == (302, PAGE)
    version = ConfigVersion.objects.get()
    assert (version.number, version.text, version.created_by, version.note) == (1, FIRST, cast.bob, "share by default")
    last = last_audited(cast.alpha)
    assert (last["actor"], last["action"], last["target"]) == (("person", cast.bob.pk), "config.save", version.pk)
    assert "Version 1 is current, saved by" in sign_in(cast.bob).get(PAGE).content.decode()


def test_member_reads_and_cannot_save(cast: Cast, sign_in: SignIn) -> None:
    save(cast, FIRST)
    page = sign_in(cast.carol).get(PAGE).content.decode()
    assert "&quot;share&quot;: &quot;auto&quot;" in page
    assert "<textarea" not in page
    assert post(sign_in(cast.carol), SECOND, based_on=1).status_code == 403
    assert ConfigVersion.objects.count() == 1


def test_mistake_is_told_with_its_place_and_what_was_typed_stays(cast: Cast, sign_in: SignIn) -> None:
    typed = '{\n  "share": "sometimes",\n}'
    page = post(sign_in(cast.bob), typed, note="my note")
    body = page.content.decode()
    assert page.status_code == 422
    assert "Line 2, column 23" in body
    assert "The last entry must not end with a comma." in body
    assert "&quot;share&quot;: &quot;sometimes&quot;,\n}" in body
    assert 'value="my note"' in body
    assert not ConfigVersion.objects.exists()


def test_secret_is_refused_and_not_stored(cast: Cast, sign_in: SignIn) -> None:
    page = post(sign_in(cast.bob), '{"provider": {"corp": {"options": {"apiKey": "hunter2"}}}}')
    assert page.status_code == 422
    assert "config_secret_literal" in page.content.decode()
    with pytest.raises(ConfigSecretLiteral) as refused:
        save(cast, '{"provider": {"corp": {"options": {"apiKey": "hunter2"}}}}')
    assert refused.value.extra["problems"][0]["path"] == "provider.corp.options.apiKey"
    assert not ConfigVersion.objects.exists()


def test_check_says_what_it_does_and_saves_nothing(cast: Cast, sign_in: SignIn) -> None:
    page = post(sign_in(cast.bob), '{"plugin": ["a-plugin"], "model": "{env:VENDOR}/big"}', action="check")
    body = page.content.decode()
    assert page.status_code == 200
    assert "No problems found. It is not saved yet." in body
    assert "Downloads “a-plugin” and runs its code on every machine." in body
    assert "<code>VENDOR</code>" in body
    assert not ConfigVersion.objects.exists()


def test_text_over_the_limit_is_refused(cast: Cast, sign_in: SignIn, settings: Settings) -> None:
    settings.CONFIG_BYTES = 10
    assert "10 is the limit" in post(sign_in(cast.bob), FIRST).content.decode()


def test_same_text_again_makes_no_version(cast: Cast) -> None:
    assert save(cast, FIRST) == save(cast, f"\n{FIRST}\n\n", based_on=1)
    assert ConfigVersion.objects.count() == 1


def test_oldest_versions_go_when_there_are_too_many(cast: Cast, settings: Settings) -> None:
    settings.CONFIG_VERSIONS = 2
    for number in range(3):
        save(cast, json.dumps({"username": str(number)}), based_on=number)
    assert list(ConfigVersion.objects.values_list("number", flat=True)) == [3, 2]


# --- two at a time


def test_second_of_two_admins_sees_both_and_can_put_theirs_over_it(cast: Cast, sign_in: SignIn) -> None:
    bob, alice = sign_in(cast.bob), sign_in(cast.alice)
    post(bob, FIRST, note="bob's")
    page = post(alice, SECOND, based_on=0, note="alice's")
    body = page.content.decode()
    assert page.status_code == 409
    assert "Someone else saved version 1 while you were editing" in body
    assert "bob&#x27;s" in body
    assert "&quot;username&quot;: &quot;team&quot;" in body
    assert 'name="based_on" value="1"' in body
    assert ConfigVersion.objects.count() == 1
    assert post(alice, SECOND, based_on=1).status_code == 302
    assert ConfigVersion.objects.latest("number").text == SECOND


@pytest.mark.django_db(transaction=True)
def test_of_saves_at_the_same_time_one_wins(cast: Cast) -> None:
    barrier = Barrier(4)

    def saving(number: int) -> str:
        barrier.wait()
        try:
            save(cast, json.dumps({"username": str(number)}))
        except ConfigChanged as changed:
            return changed.code
        finally:
            connection.close()
        return "saved"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(saving, range(4))) == ["config_changed"] * 3 + ["saved"]
    assert ConfigVersion.objects.count() == 1


# --- history


def test_history_lists_versions_and_shows_what_changed(cast: Cast, sign_in: SignIn) -> None:
    save(cast, FIRST, note="first")
    save(cast, SECOND, based_on=1, note="by hand")
    carol = sign_in(cast.carol)
    listed = carol.get(f"{PAGE}history/").content.decode()
    assert listed.index("Version 2") < listed.index("Version 1")
    assert "by hand" in listed
    shown = carol.get(f"{PAGE}2/").content.decode()
    assert "What changed since version 1" in shown
    assert '<span aria-label="added">+</span>' in shown
    assert "Restore" not in shown
    assert "What changed since version 2" in carol.get(f"{PAGE}1/?with=2").content.decode()


@pytest.mark.parametrize("path", ["3/", "0/", "3/restore/"])
def test_version_that_is_not_there_is_not_found(cast: Cast, sign_in: SignIn, path: str) -> None:
    save(cast, FIRST)
    assert sign_in(cast.bob).get(PAGE + path).status_code == 404


@pytest.mark.parametrize("query", ["?with=x", "?with=99", "?with=99999999999999999999", "?before=x"])
def test_senseless_numbers_in_the_address_do_no_harm(cast: Cast, sign_in: SignIn, query: str) -> None:
    save(cast, FIRST)
    bob = sign_in(cast.bob)
    assert bob.get(f"{PAGE}1/{query}").status_code == 200
    assert bob.get(f"{PAGE}history/{query}").status_code == 200


def test_restored_version_is_a_new_one(cast: Cast, sign_in: SignIn) -> None:
    save(cast, FIRST)
    save(cast, SECOND, based_on=1)
    bob = sign_in(cast.bob)
    assert "Restore version 1" in bob.get(f"{PAGE}1/restore/").content.decode()
    assert bob.post(f"{PAGE}1/restore/", {"based_on": 2})["Location"] == PAGE
    newest = ConfigVersion.objects.latest("number")
    assert (newest.number, newest.text, newest.restored_number) == (3, FIRST, 1)
    assert last_audited(cast.alpha)["action"] == "config.restore"


def test_restore_stands_back_when_somebody_saved_meanwhile(cast: Cast, sign_in: SignIn) -> None:
    first = save(cast, FIRST)
    save(cast, SECOND, based_on=1)
    page = sign_in(cast.bob).post(f"{PAGE}1/restore/", {"based_on": 1})
    assert page.status_code == 409
    assert "Someone else saved another version in the meantime." in page.content.decode()
    with pytest.raises(ConfigChanged):
        config_restore(workspace=cast.alpha, user=cast.bob, version=first, based_on=1, actor=THE_CONSOLE)


def test_old_version_that_breaks_a_rule_of_today_is_not_restored(cast: Cast, sign_in: SignIn) -> None:
    ConfigVersion.objects.create(workspace=cast.alpha, number=1, text='{"share": "sometimes"}')
    save(cast, FIRST, based_on=1)
    page = sign_in(cast.bob).post(f"{PAGE}1/restore/", {"based_on": 2})
    assert page.status_code == 409
    assert "“share” must be" in page.content.decode()


# --- what an agent gets


def test_agent_gets_the_version_in_force_as_it_was_typed(cast: Cast) -> None:
    save(cast, FIRST)
    save(cast, SECOND, based_on=1)
    answer = ask(cast)
    assert answer.status_code == 200
    assert json.loads(answer.content) == {"config": {"share": "manual", "username": "team"}}
    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "private, no-cache"


def test_agent_that_has_it_already_gets_304_until_it_changes(cast: Cast) -> None:
    save(cast, FIRST)
    etag = ask(cast)["ETag"]
    same = ask(cast, **{"If-None-Match": etag})
    assert (same.status_code, same.content, same["ETag"]) == (304, b"", etag)
    save(cast, SECOND, based_on=1)
    changed = ask(cast, **{"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed["ETag"] != etag


def test_agent_gets_404_where_there_is_none_or_none_any_more(cast: Cast) -> None:
    assert ask(cast).status_code == 404
    save(cast, FIRST)
    save(cast, "  \n", based_on=1)
    assert ask(cast).status_code == 404


def test_foreign_deleted_and_blocked_workspaces_serve_nothing(cast: Cast) -> None:
    save(cast, FIRST)
    assert [ask(cast, org).status_code for org in (cast.gamma.pk, "wrk_nowhere")] == [404, 404]
    Workspace.objects.filter(pk=cast.alpha.pk).update(blocked_at=utc_now())
    assert ask(cast).status_code == 403
    Workspace.objects.filter(pk=cast.alpha.pk).update(blocked_at=None, deleted_at=utc_now())
    assert ask(cast).status_code == 404


def test_agent_must_say_which_workspace(cast: Cast) -> None:
    answer = Client(headers=device_of(cast.carol).bearer).get("/api/config")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "org_missing")


def test_well_known_document_names_no_command_to_run() -> None:
    document = Client().get("/.well-known/opencode").json()
    assert "auth" not in document
    assert document == {"config": {}, "login": "opencode console login http://127.0.0.1:8000"}

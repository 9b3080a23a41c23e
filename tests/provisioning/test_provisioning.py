"""`manage.py provision`: the documented file sets a console up, and a second run changes nothing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
from allauth.account.models import EmailAddress
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db.models import Model as Row
from django.test import Client

from accounts.models import User
from billing.models import BillingAccount
from gateway.models import Model, ModelPolicy, ModelSettings, ProviderCredential
from gateway.selectors.routing import route_for
from gateway.selectors.shelves import shelves_forget
from gateway.services.credentials import is_secret_of
from opencode.lib.actor import THE_CONSOLE
from opencode.lib.money import MICRO_CENTS_PER_DOLLAR
from opencode.provisioning.fields import Declared, Provision
from tests.cast import BROWSER, PASSWORD
from tests.provisioning.setting import ADDRESS, documented, provision
from tests.support.hooks import Receiver, receiving, status
from tests.support.models import SECRET, add_model
from workspaces.models import APIKey, AuditEntry, Membership, Workspace
from workspaces.services.api_keys import api_key_revoke
from workspaces.services.slugs import workspace_slug_set

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("prices")]


@dataclass
class Setting:
    """A file's place, the documented declaration with its provider at a stand-in, and that stand-in."""

    path: Path
    declared: Any
    provider: Receiver

    def run(self, *options: str) -> Any:
        return provision(self.path, self.declared, *options)

    def refused(self) -> dict[str, str]:
        """Where, with which code and in which words the file is refused; the command ends with 2."""
        self.path.write_text(json.dumps(self.declared))
        out = StringIO()
        with pytest.raises(CommandError) as ended:
            call_command("provision", str(self.path), "--json", stdout=out)
        assert ended.value.returncode == 2
        error: dict[str, str] = json.loads(out.getvalue())["error"]
        return error

    @property
    def acme(self) -> Any:
        return self.declared["workspaces"][0]


@pytest.fixture
def setting(settings: LazySettings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Setting]:
    settings.OUTBOUND_PRIVATE = True
    monkeypatch.setenv("ANTHROPIC_API_KEY", SECRET)
    add_model()
    add_model(slug="claude-opus-5", name="Claude Opus 5", price_name="anthropic/claude-opus-5")
    with receiving() as provider:
        provider.answer = status(200)
        here = f"http://127.0.0.1:{provider.server_address[1]}/v1"
        declared = json.loads(json.dumps(documented()).replace(ADDRESS, here))
        yield Setting(tmp_path / "console.json", declared, provider)


TABLES: list[type[Row]] = [User, EmailAddress, Workspace, Membership, APIKey, ProviderCredential, Model, ModelPolicy]
TABLES += [ModelSettings, BillingAccount, AuditEntry]


def rows() -> dict[str, list[dict[str, Any]]]:
    """Everything that provisioning writes."""
    return {table.__name__: list(table.objects.order_by("pk").values()) for table in TABLES}  # type: ignore[attr-defined]


def test_documented_file_sets_a_console_up(setting: Setting) -> None:
    said = setting.run()
    acme = Workspace.objects.get(slug="acme")
    roles = dict(Membership.objects.filter(workspace=acme).values_list("user__email", "role"))
    eli = Membership.objects.get(user__email="eli@example.com")
    key = APIKey.objects.get()
    host, own = ProviderCredential.objects.order_by("workspace_id")
    assert roles == {"dana@example.com": "owner", "eli@example.com": "member"}
    assert eli.monthly_limit == 49.5 * MICRO_CENTS_PER_DOLLAR
    assert BillingAccount.objects.get(workspace=acme).monthly_limit == 500 * MICRO_CENTS_PER_DOLLAR
    assert (key.name, key.scopes, key.user_id, key.created_by_id) == ("ci", ["models"], None, None)
    assert (host.kind, host.state, host.concurrency, own.kind, own.state) == (
        "anthropic", "working", 50, "compatible", "untested",
    )  # fmt: skip
    assert is_secret_of(host, SECRET)
    assert User.objects.get(email="dana@example.com").is_superuser
    assert [(each["kind"], each["of"]) for each in said["secrets"]] == [
        ("password_link", "dana@example.com"), ("password_link", "eli@example.com"), ("service_key", "ci"),
    ]  # fmt: skip
    assert not Model.objects.filter(slug="claude-opus-5", off_at=None).exists()


def test_models_are_for_whom_the_policy_says(setting: Setting) -> None:
    setting.run()
    shelves_forget()
    acme, key = Workspace.objects.get(slug="acme"), APIKey.objects.get()
    route = route_for(workspace_id=acme.pk, member_id="", key_id=key.pk, role="", model_slug="claude-sonnet-5")
    own = route_for(workspace_id=acme.pk, member_id="", key_id="", role="member", model_slug="qwen3-coder")
    assert (route.output_cap, route.call_ceiling) == (16000, 2.5 * MICRO_CENTS_PER_DOLLAR)
    assert route.candidates[0].secret == SECRET
    assert own.candidates[0].upstream_model == "qwen3-coder:30b"


def test_second_run_changes_nothing_and_calls_nobody(setting: Setting) -> None:
    setting.run()
    before, calls = rows(), len(setting.provider.received)
    again = setting.run()
    assert (again["changed"], again["changes"], again["secrets"]) == (False, [], [])
    assert rows() == before
    assert len(setting.provider.received) == calls == 1


def test_dry_run_says_the_same_and_changes_nothing(setting: Setting) -> None:
    before = rows()
    dry = setting.run("--dry-run")
    assert rows() == before
    real = setting.run()
    assert dry["changes"] == real["changes"] != []
    assert (dry["dry_run"], dry["secrets"]) == (True, [])


def test_each_change_is_in_the_audit_log_as_by_the_operator(setting: Setting) -> None:
    setting.run()
    entries = AuditEntry.objects.order_by("seq")
    assert {(each.actor_kind, json.loads(each.details)["reason"]) for each in entries} == {
        ("system", "provisioning file")
    }
    assert [each.action for each in entries] == [
        "workspace.create", "billing.budget", "member.add", "member.limit", "key.create", "key.limit",
        "provider.create", "model.create", "model.policy", "model.settings",
    ]  # fmt: skip
    assert SECRET not in json.dumps([each.details for each in entries])


def test_link_sets_the_password_of_a_new_person_once(setting: Setting) -> None:
    link = setting.run()["secrets"][0]["secret"]
    client, path = Client(headers=BROWSER), link.partition("://")[2].partition("/")[2]
    form = client.get(f"/{path}", follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD})
    assert User.objects.get(email="dana@example.com").check_password(PASSWORD)
    assert "password1" not in Client(headers=BROWSER).get(f"/{path}", follow=True).content.decode()


def test_what_differs_is_changed_and_nothing_else(setting: Setting) -> None:
    setting.run()
    setting.acme["name"] = "Acme Limited"
    setting.acme["monthly_budget"] = None
    setting.acme["members"][1] |= {"role": "admin", "monthly_limit": None}
    setting.acme["service_keys"][0]["monthly_limit"] = 30
    setting.acme["models"][0]["output_limit"] = 16000
    setting.acme["providers"][0]["concurrency"] = 4
    del setting.acme["policies"][0]["call_ceiling"]
    setting.acme["model_settings"]["exclusive"] = False
    said = setting.run()
    assert [each["path"] for each in said["changes"]] == [
        "workspaces[0]", "workspaces[0].monthly_budget", "workspaces[0].members[1]", "workspaces[0].service_keys[0]",
        "workspaces[0].providers[0]", "workspaces[0].models[0]", "workspaces[0].policies[0]",
        "workspaces[0].model_settings",
    ]  # fmt: skip
    assert {each["act"] for each in said["changes"]} == {"changed"}
    assert setting.run()["changed"] is False


def test_another_secret_in_the_variable_is_a_rotation(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    setting.run()
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-another-secret-1")
    assert [each["act"] for each in setting.run()["changes"]] == ["rotated"]
    assert is_secret_of(ProviderCredential.objects.get(workspace_id=""), "sk-another-secret-1")


def test_providers_are_tried_in_the_order_of_the_file(setting: Setting) -> None:
    setting.run()
    setting.declared["providers"].insert(0, {**setting.declared["providers"][0], "name": "First"})
    setting.run()
    assert list(ProviderCredential.objects.filter(workspace_id="").values_list("name", flat=True)) == [
        "First", "Anthropic",
    ]  # fmt: skip
    assert setting.run()["changed"] is False


def test_workspace_that_was_renamed_gets_its_slug_back(setting: Setting) -> None:
    setting.run()
    workspace_slug_set(workspace=Workspace.objects.get(slug="acme"), slug="elsewhere", actor=THE_CONSOLE)
    setting.run()
    assert list(Workspace.objects.filter(slug__in=["acme", "elsewhere"]).values_list("slug", flat=True)) == ["acme"]


def test_revoked_key_is_not_made_again(setting: Setting) -> None:
    setting.run()
    api_key_revoke(key=APIKey.objects.get(), actor=THE_CONSOLE)
    del setting.acme["policies"]
    said = setting.run()
    assert (said["changed"], [each["name"] for each in said["notes"]]) == (False, ["ci"])
    assert APIKey.objects.count() == 1


def test_account_that_a_stranger_began_is_taken_from_them(setting: Setting) -> None:
    squatter = User.objects.create_user("dana@example.com", PASSWORD)
    EmailAddress.objects.create(user=squatter, email=squatter.email, verified=False, primary=True)
    setting.run()
    squatter.refresh_from_db()
    assert squatter.is_superuser
    assert not squatter.has_usable_password()
    assert EmailAddress.objects.get(user=squatter).verified


def test_person_without_a_workspace_gets_one(setting: Setting) -> None:
    setting.declared["people"].append({"email": "finn@example.com"})
    setting.run()
    assert Membership.objects.get(user__email="finn@example.com").role == "owner"
    assert setting.run()["changed"] is False


@pytest.mark.parametrize(
    ("spoil", "path", "code"),
    [
        (lambda all_: all_.update(format=2), "format", "provision_field_invalid"),
        (lambda all_: all_.update(persons=[]), "persons", "provision_field_unknown"),
        (lambda all_: all_["people"][1].update(email="eli"), "people[1].email", "provision_field_invalid"),
        (lambda all_: all_["people"].append(all_["people"][0]), "people[2]", "provision_name_repeated"),
        (lambda all_: all_["models"][0].update(slug="none"), "models[0].slug", "provision_name_unknown"),
        (lambda all_: all_["providers"][0].update(kind="mail"), "providers[0].kind", "provider_kind_unknown"),
        (
            lambda all_: all_["providers"][0].update(secret_variable="NOT_SET"),
            "providers[0].secret_variable",
            "provision_secret_missing",
        ),
        (
            lambda all_: all_["providers"][0].update(headers={"Host": "x"}),
            "providers[0].headers",
            "provider_header_refused",
        ),
    ],
)
def test_bad_file_changes_nothing(setting: Setting, spoil: Any, path: str, code: str) -> None:
    spoil(setting.declared)
    before = rows()
    error = setting.refused()
    assert (error["path"], error["code"]) == (path, code)
    assert rows() == before


@pytest.mark.parametrize(
    ("spoil", "path", "code"),
    [
        (lambda acme: acme.update(slug="Acme!"), ".slug", "provision_field_invalid"),
        (lambda acme: acme.update(monthly_budget=-1), ".monthly_budget", "provision_field_invalid"),
        (lambda acme: acme.update(monthly_budget=0.1), ".monthly_budget", "provision_field_invalid"),
        (lambda acme: acme.update(owner="dana"), ".owner", "provision_field_unknown"),
        (lambda acme: acme["members"].pop(0), ".members", "provision_name_unknown"),
        (lambda acme: acme["members"][1].update(role="boss"), ".members[1].role", "provision_field_invalid"),
        (
            lambda acme: acme["members"][1].update(email="x@example.com"),
            ".members[1].email",
            "provision_name_unknown",
        ),
        (
            lambda acme: acme["service_keys"][0].update(scopes=["all"]),
            ".service_keys[0].scopes[0]",
            "provision_field_invalid",
        ),
        (lambda acme: acme["models"][0].update(provider="x"), ".models[0].provider", "provision_name_unknown"),
        (lambda acme: acme["models"][0].update(price_name="a/b"), ".models[0].price_name", "model_price_missing"),
        (
            lambda acme: acme["models"][0].update(output_limit=300_000),
            ".models[0].output_limit",
            "provision_field_invalid",
        ),
        (lambda acme: acme["policies"][0].update(model="x"), ".policies[0].model", "provision_name_unknown"),
        (lambda acme: acme["policies"][0].update(keys=["x"]), ".policies[0].keys[0]", "provision_name_unknown"),
        (lambda acme: acme["model_settings"].update(default_model="x"), ".model_settings", "model_unknown"),
    ],
)
def test_bad_workspace_changes_nothing(setting: Setting, spoil: Any, path: str, code: str) -> None:
    spoil(setting.acme)
    before = rows()
    error = setting.refused()
    assert (error["path"], error["code"]) == (f"workspaces[0]{path}", code)
    assert rows() == before


def test_refused_provider_key_changes_nothing(setting: Setting) -> None:
    setting.provider.answer = status(401, SECRET.encode())
    before = rows()
    error = setting.refused()
    assert (error["path"], error["code"]) == ("providers[0].secret_variable", "provider_key_refused")
    assert SECRET not in json.dumps(error)
    assert rows() == before


def test_what_provisioning_does_not_change_is_said(setting: Setting) -> None:
    setting.run()
    setting.acme["service_keys"][0]["scopes"] = ["models", "usage:read"]
    assert setting.refused()["code"] == "provision_differs"
    setting.acme["service_keys"][0]["scopes"] = ["models"]
    setting.declared["people"][1]["superuser"] = True
    error = setting.refused()
    assert (error["path"], error["code"]) == ("people[1].superuser", "provision_differs")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 1,}', "\x00"])
def test_what_is_no_such_file_is_said(setting: Setting, text: str) -> None:
    with pytest.raises(CommandError, match="provision_"):
        provision(setting.path, text)
    setting.path.unlink()
    with pytest.raises(CommandError, match="provision_unreadable"):
        call_command("provision", str(setting.path), stdout=StringIO())


def test_start_prints_new_secrets_once_and_ends_at_a_fault(setting: Setting, settings: LazySettings) -> None:
    from opencode.management.commands.serve import provisioned

    settings.PROVISION_FILE = str(setting.path)
    setting.path.write_text(json.dumps(setting.declared))
    lines = provisioned()
    assert sum("shown only now" in line for line in lines) == 1
    assert provisioned() == ["Nothing to change."]
    setting.path.write_text("{}")
    with pytest.raises(CommandError, match="OPENCODE_PROVISION"):
        provisioned()


def test_document_shows_every_field() -> None:
    shown = json.dumps(documented())
    waiting: list[type[Declared]] = [Provision, *Declared.__subclasses__()]
    fields = {field.encode_name for kind in waiting for field in msgspec.structs.fields(kind)}
    assert [name for name in sorted(fields) if f'"{name}"' not in shown] == []

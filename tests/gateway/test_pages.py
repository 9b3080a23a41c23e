"""The pages Models and Providers: what each role sees and does, and that no key is ever on one."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.test import Client

from accounts.models import User
from accounts.ports import export_parts
from gateway.models import Model, ModelPolicy, ModelSettings, ProviderCredential
from opencode.lib.actor import THE_CONSOLE
from tests.cast import PASSWORD, Cast, SignIn
from tests.support.hooks import Receiver, receiving, status
from tests.support.models import SECRET, add_credential, add_model
from workspaces.services.api_keys import api_key_create

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("prices")]
MODELS = "/workspaces/alpha/models/"
PROVIDERS = "/workspaces/alpha/providers/"


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def provider(receiver: Receiver, settings: LazySettings) -> str:
    """The address of a provider that accepts every key."""
    settings.OUTBOUND_PRIVATE = True
    receiver.answer = status(200, b'{"data":[]}')
    return f"http://127.0.0.1:{receiver.server_address[1]}/v1"


@pytest.fixture
def admin(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.bob)


def text(client: Client, path: str, **data: Any) -> str:
    """The page after a GET, or with data after a POST and wherever that leads."""
    answer = client.post(path, data, follow=True) if data else client.get(path)
    return answer.content.decode()


def exported(cast: Cast) -> list[str]:
    """Every file of the workspace's export."""
    parts = export_parts(cast.alice.pk, cast.alpha.pk)
    return [b"".join(file.chunks).decode() for part in parts for file in part.files]


def test_empty_pages_say_what_to_do(cast: Cast, admin: Client, sign_in: SignIn) -> None:
    assert "Add a provider key" in text(admin, MODELS)
    assert "No provider keys yet" in text(admin, PROVIDERS)
    assert "Owners and admins can add the key of a provider" in text(sign_in(cast.carol), MODELS)
    assert "add that first" in text(admin, f"{MODELS}new/")


def test_key_is_tried_saved_and_never_shown(admin: Client, provider: str) -> None:
    page = text(
        admin, f"{PROVIDERS}new/", kind="anthropic", name="Team", secret=SECRET, base_url=provider, headers="X-A: b"
    )
    row = ProviderCredential.objects.get()
    assert "the provider accepts the key" in page
    assert (row.headers, row.state) == ({"x-a": "b"}, "working")
    paths = (f"{PROVIDERS}{row.pk}/", f"{PROVIDERS}{row.pk}/rotate/", MODELS)
    seen = page + "".join(text(admin, path) for path in paths)
    assert SECRET not in seen
    assert f"…{SECRET[-4:]}" in seen


@pytest.mark.parametrize(
    ("answer", "typed", "said"),
    [
        (status(401), {}, "Anthropic refused this key (status 401)."),
        (status(200), {"secret": ""}, "Paste the provider&#x27;s key"),
        (status(200), {"base_url": "ftp://example.com"}, "The address must begin with https://."),
        (status(200), {"headers": "Host: a"}, "The header host is set by the console."),
        (status(200), {"headers": "nothing"}, "as Name: value."),
        (status(200), {"kind": "acme"}, "Select a valid choice"),
    ],
)
def test_refusal_is_beside_its_field_and_keeps_all_but_the_key(
    admin: Client, provider: str, receiver: Receiver, answer: Any, typed: dict[str, str], said: str
) -> None:
    receiver.answer = answer
    given = {"kind": "anthropic", "name": "Team of nine", "secret": SECRET, "base_url": provider, **typed}
    refused = admin.post(f"{PROVIDERS}new/", given)
    page = refused.content.decode()
    assert (refused.status_code, said in page, "Team of nine" in page, SECRET in page) == (422, True, True, False)
    assert not ProviderCredential.objects.exists()


def test_key_is_rotated_changed_ordered_tested_and_deleted(cast: Cast, admin: Client, provider: str) -> None:
    first = add_credential(cast.alpha.pk, base_url=provider, name="First")
    second = add_credential(cast.alpha.pk, base_url=provider, name="Second", position=1)
    page = text(admin, f"{PROVIDERS}{first.pk}/rotate/", secret="sk-another-canary-7777")
    assert "has its new key" in page
    assert "…7777" in page
    assert "canary" not in page
    text(admin, f"{PROVIDERS}{first.pk}/", name="Renamed", headers="")
    first.refresh_from_db()
    assert (first.name, first.off_at is None) == ("Renamed", False)
    assert "Second is tried first now." in text(admin, f"{PROVIDERS}{second.pk}/first/", a=1)
    assert "The provider accepts Second." in text(admin, f"{PROVIDERS}{second.pk}/test/", a=1)
    assert "Second is deleted." in text(admin, f"{PROVIDERS}{second.pk}/delete/", a=1)
    assert list(ProviderCredential.objects.values_list("pk", flat=True)) == [first.pk]


def test_trial_that_fails_shows_on_the_keys_page(cast: Cast, admin: Client, provider: str, receiver: Receiver) -> None:
    row = add_credential(cast.alpha.pk, base_url=provider)
    receiver.answer = status(403)
    page = text(admin, f"{PROVIDERS}{row.pk}/test/", a=1)
    assert "Anthropic refused this key (status 403)." in page
    assert "The provider refuses this key." in page


def test_models_show_price_state_and_for_whom(cast: Cast, admin: Client, sign_in: SignIn) -> None:
    add_credential(cast.alpha.pk)
    model = add_model()
    add_model(slug="odd", name="Odd", price_name="nobody/odd")
    add_model(slug="luna", name="Luna", kind="openai", forms=["responses"], price_name="openai/gpt-6-luna")
    ModelPolicy.objects.create(workspace_id=cast.alpha.pk, model=model, roles=["admin", "owner"], keys=["key_1"])
    page = text(admin, MODELS)
    assert "$2.00, $10.00" in page
    assert "Owners and admins, 1 API key" in page
    assert "No price" in page
    assert "1 model that no key of yours serves" in page
    assert "Switch off" in page
    assert "Switch off" not in text(sign_in(cast.carol), MODELS)
    assert "In this workspace" not in text(sign_in(cast.carol), f"{MODELS}{model.pk}/")


def test_switch_and_policy_change_what_is_served(cast: Cast, admin: Client) -> None:
    first, second = add_credential(cast.alpha.pk), add_credential(cast.alpha.pk)
    key, _ = api_key_create(workspace=cast.alpha, created_by=cast.bob, name="ci", scopes=["models"], actor=THE_CONSOLE)
    model = add_model()
    assert "Claude Sonnet 5 is off." in text(admin, f"{MODELS}{model.pk}/switch/", on="0")
    assert not ModelPolicy.objects.get().is_on
    text(
        admin,
        f"{MODELS}{model.pk}/",
        is_on="on",
        roles=["admin"],
        keys=[key.pk],
        credentials=[second.pk],
        output_cap="4000",
        call_ceiling="0.50",
    )
    policy = ModelPolicy.objects.get()
    assert (policy.is_on, policy.roles, policy.keys, policy.credentials) == (True, ["admin"], [key.pk], [second.pk])
    assert (policy.output_cap, policy.call_ceiling) == (4000, 50_000_000)
    assert first.pk in text(admin, f"{MODELS}{model.pk}/")


def test_model_without_a_price_cannot_be_switched_on(cast: Cast, admin: Client) -> None:
    add_credential(cast.alpha.pk)
    model = add_model(price_name="nobody/odd")
    assert "No price list knows this model" in text(admin, f"{MODELS}{model.pk}/switch/", on="1")
    assert not ModelPolicy.objects.exists()


def test_default_models_are_chosen(cast: Cast, admin: Client) -> None:
    add_credential(cast.alpha.pk)
    add_model()
    text(admin, MODELS, default_model="claude-sonnet-5", small_model="", is_exclusive="on")
    chosen = ModelSettings.objects.get(pk=cast.alpha.pk)
    assert (chosen.default_model, chosen.is_exclusive, chosen.lowers_cap) == ("claude-sonnet-5", True, False)
    assert admin.post(MODELS, {"default_model": "none-such"}).status_code == 422


def test_own_model_is_added_and_deleted(cast: Cast, admin: Client) -> None:
    lab = add_credential(cast.alpha.pk, kind="compatible", forms=["chat"], name="Lab")
    given = {
        "credential_id": lab.pk,
        "slug": "qwen3",
        "name": "Qwen 3",
        "upstream_name": "qwen3:30b",
        "price_name": "local/free",
        "context_window": "1000",
        "output_limit": "2000",
        "modalities_in": ["text"],
    }
    assert "It cannot write more than its context holds." in text(admin, f"{MODELS}new/", **given)
    fitting = {**given, "output_limit": "500"}
    assert "Qwen 3 is added" in text(admin, f"{MODELS}new/", **fitting)
    assert "has a model of this name already" in text(admin, f"{MODELS}new/", **fitting)
    unpriced = {**fitting, "slug": "other", "price_name": "nobody/odd"}
    assert "No price list knows this model" in text(admin, f"{MODELS}new/", **unpriced)
    row = Model.objects.get()
    assert (row.workspace_id, row.credential_id, row.forms) == (cast.alpha.pk, lab.pk, ["chat"])
    assert "$0.00, $0.00" in text(admin, MODELS)
    assert "Qwen 3 is deleted." in text(admin, f"{MODELS}{row.pk}/delete/", a=1)
    assert not Model.objects.exists()


def test_hosts_model_cannot_be_deleted_by_a_workspace(admin: Client) -> None:
    model = add_model()
    assert admin.post(f"{MODELS}{model.pk}/delete/").status_code == 404
    assert Model.objects.exists()


def test_key_of_a_provider_is_in_no_page_export_dump_or_admin(
    cast: Cast, admin: Client, sign_in: SignIn, provider: str, capsys: pytest.CaptureFixture[str]
) -> None:
    User.objects.create_superuser("owner@example.com", PASSWORD)
    text(admin, f"{PROVIDERS}new/", kind="anthropic", name="Team", secret=SECRET, base_url=provider)
    row = ProviderCredential.objects.get()
    staff = sign_in(User.objects.get(email="owner@example.com"))
    seen = [
        text(admin, "/workspaces/alpha/audit/"),
        text(staff, "/admin/gateway/providercredential/"),
        text(staff, f"/admin/gateway/providercredential/{row.pk}/change/"),
        text(admin, "/workspaces/alpha/configuration/"),
        text(admin, f"{PROVIDERS}{row.pk}/"),
        *exported(cast),
    ]
    call_command("dumpdata", "gateway", "workspaces")
    seen.append(capsys.readouterr().out)
    assert "Team" in seen[1]
    assert [row.pk in seen[-1], row.pk in "".join(exported(cast))] == [True, True]
    assert [index for index, page in enumerate(seen) if SECRET in page] == []


def test_preview_says_where_each_line_comes_from(cast: Cast, admin: Client) -> None:
    add_credential(cast.alpha.pk)
    add_model()
    page = text(admin, "/workspaces/alpha/configuration/")
    assert (
        '<span class="config-origin" aria-hidden="true">+</span>        &quot;claude-sonnet-5&quot;: {&quot;name'
        in page
    )
    assert "Lines marked with + come from" in page
